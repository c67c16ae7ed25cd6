// The Admin API: translates HTTP requests into questions and their answers into JSON (design:
// parts). Here: the route table, handlers, error bodies. Not here: what the answers are
// (data_store, dataset_store), sockets (http). No handler can name a database.
#pragma once

#include <memory>

#include "tidemark/base/clock.h"
#include "tidemark/chain_heads/chain_heads.h"
#include "tidemark/data_store/change_watch.h"
#include "tidemark/data_store/data_store.h"
#include "tidemark/data_store/jobs.h"
#include "tidemark/data_store/revisions.h"
#include "tidemark/dataset_store/dataset_store.h"
#include "tidemark/dataset_store/provider_registry.h"
#include "tidemark/http/router.h"
#include "tidemark/http/shortcut.h"

namespace tidemark::admin_api {

class AnswerCache;

/// What the handlers ask. All must outlive the router.
struct Services {
  data_store::DataStore& data;
  data_store::Jobs& jobs;
  dataset_store::DatasetStore& datasets;
  dataset_store::ProviderRegistry& providers;
  data_store::Revisions& revisions;
  chain_heads::HeadBoard& heads;
  /// Whether every request that would change something is refused: the database belongs to Amp.
  bool is_read_only = false;
  const Clock& clock = SystemClock();  // Tells how old a chain head is.
  /// Answers are computed for every request where there is none.
  std::shared_ptr<AnswerCache> answers = nullptr;
};

/// Keeps the answers of a router that is given it, and gives them by itself as long as they hold:
/// for http::Server::Start. `watch` must outlive it, and it the router.
std::shared_ptr<AnswerCache> MakeAnswerCache(data_store::ChangeWatch& watch);
/// The same object.
std::shared_ptr<http::Shortcut> AsShortcut(std::shared_ptr<AnswerCache> answers);

/// All routes of the Admin API.
http::Router MakeRouter(const Services& services);

}  // namespace tidemark::admin_api
