#include "api_server.h"

#include <sys/resource.h>

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "head_providers.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/base/log.h"
#include "tidemark/base/metrics.h"
#include "tidemark/chain_heads/head_poller.h"
#include "tidemark/data_store/change_watch.h"
#include "tidemark/data_store/data_store.h"
#include "tidemark/data_store/jobs.h"
#include "tidemark/data_store/revisions.h"
#include "tidemark/http/access_log.h"
#include "tidemark/http/request_metrics.h"
#include "tidemark/http/server.h"
#include "version.h"

namespace tidemark::app {

// In the order in which they are built; the server, which uses all others, goes first.
struct ApiServer::Impl {
  std::string host;
  std::unique_ptr<data_store::DataStore> data;
  std::unique_ptr<data_store::Jobs> jobs;
  std::unique_ptr<data_store::Revisions> revisions;
  std::unique_ptr<chain_heads::HeadProviders> head_providers;
  std::unique_ptr<chain_heads::HeadPoller> heads;
  std::unique_ptr<data_store::ChangeWatch> changes;  // Null where every answer is computed.
  std::shared_ptr<admin_api::AnswerCache> answers;
  std::unique_ptr<http::RequestMetrics> request_metrics;
  std::unique_ptr<http::AccessLog> access_log;  // Null where requests are not logged.
  std::unique_ptr<http::Server> server;
};

namespace {

/// Lets this process have as many files open as it may: shells start programs with less, so that
/// old ones which use select() work.
void RaiseFileLimit(std::size_t max_connections) {
  constexpr std::size_t kOtherFiles = 200;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < max_connections + kOtherFiles) {
    Log(LogLevel::kWarning, "file_limit_low",
        {{"limit", std::to_string(limit.rlim_max)},
         {"max_connections", std::to_string(max_connections)},
         {"hint", "raise it (ulimit -Hn), or set max_connections lower"}});
  }
}

http::ServedObserver TellBoth(http::RequestMetrics& metrics, http::AccessLog* log) {
  return [&metrics, log](const http::Served& served) {
    metrics.Record(served);
    if (log != nullptr) log->Note(served);
  };
}

void SetBuildInfo() {
  ProcessMetrics()
      .GetGauge({.name = "tidemark_build_info",
                 .help = "1; the version of the program is its label.",
                 .labels = {{"version", kVersion}}})
      .Set(1);
}

}  // namespace

Result<std::unique_ptr<ApiServer>> ApiServer::Start(const Settings& settings, Stores& stores,
                                                    const Clock& clock) {
  auto impl = std::make_unique<Impl>();
  metadata_db::MetadataStore& metadata = *stores.metadata;
  impl->host = settings.host;
  impl->data = data_store::MakeDataStore(
      metadata, clock,
      settings.cache_answers ? data_store::KeepIndexes::kYes : data_store::KeepIndexes::kNo);
  impl->jobs = data_store::MakeJobs(metadata, clock);
  impl->revisions = data_store::MakeRevisions(metadata, *stores.data);
  impl->head_providers = MakeHeadProviders(*stores.providers);
  impl->heads =
      chain_heads::HeadPoller::Start(settings.heads, metadata, *impl->head_providers, clock);
  if (settings.cache_answers) impl->changes = data_store::MakeChangeWatch(metadata);
  if (impl->changes) impl->answers = admin_api::MakeAnswerCache(*impl->changes);
  http::Router router = admin_api::MakeRouter({.data = *impl->data,
                                               .jobs = *impl->jobs,
                                               .datasets = *stores.datasets,
                                               .providers = *stores.providers,
                                               .revisions = *impl->revisions,
                                               .heads = impl->heads->board(),
                                               .is_read_only = metadata.is_read_only(),
                                               .answers = impl->answers});
  SetBuildInfo();
  impl->request_metrics = std::make_unique<http::RequestMetrics>(router.routes(), ProcessMetrics());
  if (settings.log_requests) impl->access_log = std::make_unique<http::AccessLog>();
  RaiseFileLimit(settings.max_connections);
  TIDEMARK_TRY(impl->server,
               http::Server::Start({.host = settings.host,
                                    .port = settings.port,
                                    .max_connections = settings.max_connections,
                                    .io_threads = settings.io_threads},
                                   std::move(router), admin_api::AsShortcut(impl->answers),
                                   TellBoth(*impl->request_metrics, impl->access_log.get())));
  return std::unique_ptr<ApiServer>(new ApiServer(std::move(impl)));
}

ApiServer::ApiServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

ApiServer::~ApiServer() = default;

std::string ApiServer::url() const {
  const bool is_v6 = impl_->host.find(':') != std::string::npos;
  return fmt::format("http://{}:{}", is_v6 ? fmt::format("[{}]", impl_->host) : impl_->host,
                     impl_->server->port());
}

void ApiServer::Stop(std::chrono::milliseconds grace) {
  impl_->server->Stop(grace);
  impl_->heads->Stop();
}

}  // namespace tidemark::app
