// The Admin API: translates HTTP requests into questions and their answers into JSON (design:
// parts). Here: the route table, handlers, error bodies. Not here: what the answers are
// (data_store, dataset_store), sockets (http). No handler can name a database.
#pragma once

#include <string>

#include "tidemark/data_store/data_store.h"
#include "tidemark/data_store/jobs.h"
#include "tidemark/dataset_store/dataset_store.h"
#include "tidemark/dataset_store/provider_registry.h"
#include "tidemark/http/router.h"

namespace tidemark::admin_api {

/// What the handlers ask. All must outlive the router.
struct Services {
  data_store::DataStore& data;
  data_store::Jobs& jobs;
  dataset_store::DatasetStore& datasets;
  dataset_store::ProviderRegistry& providers;
};

/// All routes of the Admin API.
http::Router MakeRouter(const Services& services);

}  // namespace tidemark::admin_api
