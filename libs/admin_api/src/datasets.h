// Datasets and their versions.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/dataset_store/dataset_store.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// The dataset version that {namespace}, {name} and {revision} of the path stand for.
/// Problems: 400 INVALID_PATH, 404 DATASET_NOT_FOUND, 500 GET_DATASET_ERROR, 503.
Outcome<dataset_store::Dataset> DatasetInPath(dataset_store::DatasetStore& datasets,
                                              const http::Request& request);

/// The same without a look at the manifest. Problems: 400 INVALID_PATH, 404 DATASET_NOT_FOUND,
/// 500 RESOLVE_REVISION_ERROR, 503.
Outcome<DatasetVersion> VersionInPath(dataset_store::DatasetStore& datasets,
                                      const http::Request& request);

/// POST /datasets
///
/// 201 with the version that was registered. The manifest is an object, or the hash of one that is
/// stored already: 404 MANIFEST_NOT_FOUND if it is not. 400 MANIFEST_VALIDATION_ERROR if it depends
/// on a dataset that is not registered.
Outcome<http::Reply> PostDataset(const Services& services, const http::Request& request);

/// GET /datasets
///
/// 200 {"datasets"}: by name, each with its versions, greatest first.
Outcome<http::Reply> GetDatasets(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}
///
/// 200 with the latest version, or with `dev` where no version has been named; "revision" tells
/// which. 404 DATASET_NOT_FOUND.
Outcome<http::Reply> GetDataset(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}/versions
///
/// 200, also for a dataset that is not known: it has no versions.
Outcome<http::Reply> GetVersions(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}/versions/{revision}
///
/// 200. "revision" repeats the request. 404 DATASET_NOT_FOUND if there is no such version.
Outcome<http::Reply> GetVersion(const Services& services, const http::Request& request);

/// GET /datasets/{namespace}/{name}/versions/{revision}/manifest
///
/// 200 with the canonical text, whose SHA-256 is the manifest's hash. 404 DATASET_NOT_FOUND if
/// there is no such version, MANIFEST_NOT_FOUND if its text is gone.
Outcome<http::Reply> GetManifest(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
