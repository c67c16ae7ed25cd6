// The API over real services, whose database and files a test can break.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "failing_metadata_store.h"
#include "failing_object_store.h"
#include "temp_folder.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::admin_api {

/// docs/openapi.json.
const nlohmann::json& OpenApi();
/// What a {"$ref"} in the document points at; anything else as it is.
const nlohmann::json* Resolve(const nlohmann::json* value);

/// The heads that a test knows of.
class KnownHeads final : public chain_heads::HeadBoard {
 public:
  std::vector<chain_heads::NetworkHeads> List() const override { return networks; }
  std::optional<chain_heads::NetworkHeads> Find(std::string_view network) const override;

  std::vector<chain_heads::NetworkHeads> networks;
};

/// Stands still until it is told otherwise.
class ManualClock final : public Clock {
 public:
  UtcTime Now() const override { return now; }
  SteadyTime SteadyNow() const override { return SteadyTime(now.time_since_epoch()); }

  UtcTime now = *ParseRfc3339("2026-01-02T03:04:05.678901Z");
};

/// A reply, read.
struct Answer {
  int status = 0;
  nlohmann::ordered_json body;  // Null if there is none.
  std::vector<http::Header> headers;
  std::string text;

  std::string error_code() const { return body.value("error_code", ""); }
  std::optional<std::string> FindHeader(std::string_view name) const;
};

struct Question {
  http::Method method = http::Method::kGet;
  std::string target;  // Path and query.
  std::string body = {};
  std::vector<http::Header> headers = {};
};

class ApiFixture : public testing::Test {
 protected:
  ApiFixture();

  /// Asks the router, and holds every reply against its schema in the OpenAPI document.
  Answer Ask(const Question& question);
  Answer Get(std::string target) { return Ask({.target = std::move(target)}); }
  Answer Post(std::string target, std::string body) {
    return Ask({http::Method::kPost, std::move(target), std::move(body)});
  }
  Answer Delete(std::string target) { return Ask({http::Method::kDelete, std::move(target)}); }
  Answer Put(std::string target) { return Ask({http::Method::kPut, std::move(target)}); }

  /// Registers a small manifest as eth/mainnet and, if there is one, as this version.
  void RegisterEth(std::optional<std::string> version = "1.0.0");
  void StartWorker(std::string_view node_id = "worker-1");
  /// Deploys eth/mainnet@dev.
  JobId Deploy();

  /// The services of this fixture, for a router of a test's own.
  Services MakeServices();

  ManualClock clock_;
  dataset_store::TempFolder folder_;
  std::unique_ptr<object_store::ObjectStore> local_;
  dataset_store::FailingObjectStore objects_;
  std::unique_ptr<metadata_db::MetadataStore> memory_;
  dataset_store::FailingMetadataStore metadata_;
  std::unique_ptr<data_store::DataStore> data_;
  std::unique_ptr<data_store::Jobs> jobs_;
  std::unique_ptr<dataset_store::DatasetStore> datasets_;
  std::unique_ptr<dataset_store::ProviderRegistry> providers_;
  std::unique_ptr<data_store::Revisions> revisions_;
  KnownHeads heads_;
  http::Router router_;
};

}  // namespace tidemark::admin_api
