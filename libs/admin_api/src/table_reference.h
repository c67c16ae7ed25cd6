// The table of a dataset version that a request's body names.
#pragma once

#include <string>

#include "json_body.h"
#include "problem.h"
#include "tidemark/dataset_store/dataset_store.h"
#include "tidemark/http/message.h"
#include "tidemark/model/names.h"

namespace tidemark::admin_api {

struct TableReference {
  DatasetVersion version;
  std::string table_name;
};

/// From the members "table_name" and "dataset", the second as `ns/name@revision`, with or without
/// `pkg:amp/` before it.
/// Problems: 400 INVALID_BODY; 404 DATASET_NOT_FOUND, TABLE_NOT_IN_MANIFEST; 500 GET_DATASET_ERROR;
/// 503.
Outcome<TableReference> TableInBody(dataset_store::DatasetStore& datasets, const JsonBody& body,
                                    const http::Request& request);

/// Problems: 404 TABLE_NOT_IN_MANIFEST.
Outcome<void> CheckHasTable(const dataset_store::Dataset& dataset, const std::string& table_name);

}  // namespace tidemark::admin_api
