// tidemark solo: metadata database, object store, Admin API and worker in one process.
#include <chrono>
#include <cstdlib>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command.h"
#include "folder_lock.h"
#include "solo_settings.h"
#include "stop_signal.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/http/server.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"
#include "tidemark/object_store/local_store.h"
#include "version.h"
#include "worker_catalog.h"

namespace tidemark::app {
namespace {

constexpr std::chrono::seconds kOpenTimeout{10};
constexpr std::chrono::seconds kStopGrace{2};

std::optional<std::string> ReadEnvironment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

std::string WorkerInfo() {
  JsonWriter json;
  json.BeginObject().Field("version", kVersion).EndObject();
  return std::move(json).Take();
}

/// Everything is built before anything runs, and taken down in the opposite order.
Status RunSolo(const SoloFlags& flags) {
  TIDEMARK_TRY(SoloSettings settings, LoadSoloSettings(flags, ReadEnvironment));
  SetLogLevel(settings.log_level);
  TIDEMARK_TRY(const auto stop_signal, StopSignal::Install());
  TIDEMARK_TRY(const auto lock, FolderLock::Acquire(settings.dir));

  const Clock& clock = SystemClock();
  TIDEMARK_TRY(const auto metadata, metadata_db_sqlite::OpenSqliteStore(
                                        {.file = settings.dir / "tidemark.db", .clock = clock},
                                        Deadline::After(kOpenTimeout)));
  TIDEMARK_TRY(const auto data, object_store::OpenLocalStore(settings.dir / "data"));
  TIDEMARK_TRY(const auto manifests, object_store::OpenLocalStore(settings.dir / "manifests"));
  TIDEMARK_TRY(const auto provider_files, object_store::OpenLocalStore(settings.dir / "providers"));

  const auto datasets = dataset_store::MakeDatasetStore(*metadata, *manifests);
  const auto providers = dataset_store::MakeProviderRegistry(*provider_files);
  const auto data_store = data_store::MakeDataStore(*metadata, clock);
  const auto jobs = data_store::MakeJobs(*metadata, clock);
  const auto catalog = MakeWorkerCatalog(*datasets, *providers);

  TIDEMARK_TRY(const auto server,
               http::Server::Start({.host = settings.host, .port = settings.port},
                                   admin_api::MakeRouter({.data = *data_store,
                                                          .jobs = *jobs,
                                                          .datasets = *datasets,
                                                          .providers = *providers})));
  settings.worker.info_json = WorkerInfo();
  TIDEMARK_TRY(const auto worker,
               worker::Worker::Start(settings.worker, *metadata, *data, *catalog, clock));

  const bool is_v6 = settings.host.find(':') != std::string::npos;
  fmt::print(stderr, "tidemark solo: http://{}:{} (folder {})\n",
             is_v6 ? fmt::format("[{}]", settings.host) : settings.host, server->port(),
             settings.dir.string());
  stop_signal.Wait();
  fmt::print(stderr, "tidemark solo: stopping\n");
  server->Stop(kStopGrace);
  worker->Stop();
  return {};
}

}  // namespace

void AddSoloCommand(CLI::App& app, Invocation& invocation) {
  auto* command =
      app.add_subcommand("solo", "Run everything in one process: database, API, worker");
  auto flags = std::make_shared<SoloFlags>();
  command->add_option("--dir", flags->dir, "Folder for everything it keeps (.tidemark)");
  command->add_option("--listen", flags->listen, "Address of the Admin API (127.0.0.1:1610)");
  command->add_option("--log-level", flags->log_level, "debug, info, warning, error or off (info)");
  command->add_option("--config", flags->config_file,
                      "TOML file; environment and flags win over it");
  command->footer(DescribeSoloSettings());
  command->callback([=, &invocation] { invocation.run = [flags] { return RunSolo(*flags); }; });
}

}  // namespace tidemark::app
