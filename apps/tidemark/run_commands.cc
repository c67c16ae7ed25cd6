// tidemark solo | server | worker: the commands that run until they are told to stop.
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <malloc.h>

#include "api_server.h"
#include "command.h"
#include "folder_lock.h"
#include "running_worker.h"
#include "settings.h"
#include "stop_signal.h"
#include "stores.h"
#include "tidemark/object_store/open_store.h"

namespace tidemark::app {
namespace {

constexpr std::chrono::seconds kStopGrace{2};

/// glibc gives threads heaps of their own, and serves large buffers from them once one has been
/// freed: holes that come and go with each answer of a node would then be kept for ever. To be
/// called before there are threads.
void ReturnFreedMemory() {
#ifdef __GLIBC__
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
}

/// Everything is built before anything runs, and taken down in the opposite order.
Status Run(Role role, const SettingFlags& flags) {
  TIDEMARK_TRY(const Settings settings, LoadSettings(role, flags, object_store::ReadEnvironment));
  SetLogLevel(settings.log_level);
  ReturnFreedMemory();
  TIDEMARK_TRY(const auto stop_signal, StopSignal::Install());
  std::optional<FolderLock> lock;
  if (role == Role::kSolo) {
    TIDEMARK_TRY(auto acquired, FolderLock::Acquire(settings.dir));
    lock.emplace(std::move(acquired));
  }
  TIDEMARK_TRY(Stores stores, OpenStores(settings.stores, SystemClock()));

  std::atomic<bool> is_displaced = false;
  std::unique_ptr<ApiServer> server;
  std::optional<RunningWorker> worker;
  if (role != Role::kWorker) {
    TIDEMARK_TRY(server, ApiServer::Start(settings, stores, SystemClock()));
  }
  if (role != Role::kServer) {
    TIDEMARK_TRY(auto started,
                 RunningWorker::Start(settings, stores, SystemClock(), [&is_displaced] {
                   is_displaced = true;
                   StopSignal::End();
                 }));
    worker.emplace(std::move(started));
  }

  fmt::print(stderr, "tidemark {}: {} ({})\n", ToString(role),
             server ? server->url() : fmt::format("node {}", settings.worker.node_id),
             role == Role::kSolo ? fmt::format("folder {}", settings.dir.string())
                                 : Describe(settings.stores, stores));
  stop_signal.Wait();
  fmt::print(stderr, "tidemark {}: stopping\n", ToString(role));
  if (server) server->Stop(kStopGrace);
  if (worker) worker->Stop();
  if (is_displaced) {
    return MakeError(ErrorCode::kConflict,
                     fmt::format("another process has registered as node {}: give each worker a "
                                 "--node-id of its own",
                                 settings.worker.node_id));
  }
  return {};
}

void AddRunCommand(CLI::App& app, Invocation& invocation, Role role, const char* description) {
  auto* command = app.add_subcommand(std::string(ToString(role)), description);
  auto flags = std::make_shared<SettingFlags>();
  std::vector<std::pair<std::string_view, const CLI::Option*>> options;
  for (const SettingFlag& flag : FlagsOf(role)) {
    const std::string meaning(flag.meaning);
    options.emplace_back(flag.key, command->add_option(flag.flag, meaning)->type_name("TEXT"));
  }
  command->add_option("--config", flags->config_file,
                      "TOML file; environment and flags win over it");
  const CLI::Option* no_cache = nullptr;
  if (role != Role::kWorker) {
    no_cache = command->add_flag("--no-cache")
                   ->disable_flag_override()
                   ->description("compute every answer from the database's rows");
  }
  command->footer(DescribeSettings(role));
  command->callback([=, &invocation] {
    for (const auto& [key, option] : options) {
      if (*option) flags->values.emplace(key, option->as<std::string>());
    }
    if (no_cache != nullptr && *no_cache) flags->values.emplace("cache", "false");
    invocation.run = [=] { return Run(role, *flags); };
  });
}

}  // namespace

void AddRunCommands(CLI::App& app, Invocation& invocation) {
  AddRunCommand(app, invocation, Role::kSolo,
                "Run everything in one process: database, API, worker");
  AddRunCommand(app, invocation, Role::kServer,
                "Serve the Admin API over a shared database, also one of an Amp deployment");
  AddRunCommand(app, invocation, Role::kWorker, "Write the datasets of a shared database");
}

}  // namespace tidemark::app
