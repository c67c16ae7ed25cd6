// Manifests by their hash, whichever datasets use them.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /manifests
///
/// 200 {"manifests"}: by hash.
Outcome<http::Reply> GetManifests(const Services& services, const http::Request& request);

/// POST /manifests
///
/// 201 {"hash"}. The body is a manifest, or an object that has one as its member "manifest".
Outcome<http::Reply> PostManifest(const Services& services, const http::Request& request);

/// GET /manifests/{hash}
///
/// 200 with the canonical text, whose SHA-256 is the hash. 404 MANIFEST_NOT_FOUND.
Outcome<http::Reply> GetManifestByHash(const Services& services, const http::Request& request);

/// GET /manifests/{hash}/datasets
///
/// 200 {"hash", "datasets"}: each name that a dataset has for it, "latest" and "dev" among them.
/// 404 MANIFEST_NOT_FOUND.
Outcome<http::Reply> GetManifestDatasets(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
