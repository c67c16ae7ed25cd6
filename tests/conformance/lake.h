// One metadata store with Amp's rows in it, and the Admin API over it, in process.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/admin_api/admin_api.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::conformance {

/// Stands still, so that ages are the same however long a test takes.
class FixedClock final : public Clock {
 public:
  UtcTime Now() const override { return *ParseRfc3339("2026-03-04T05:06:07Z"); }
  SteadyTime SteadyNow() const override { return SteadyTime(Now().time_since_epoch()); }
};

/// Nobody has looked at a chain.
class NoHeads final : public chain_heads::HeadBoard {
 public:
  std::vector<chain_heads::NetworkHeads> List() const override { return {}; }
  std::optional<chain_heads::NetworkHeads> Find(std::string_view /*network*/) const override {
    return std::nullopt;
  }
};

class Lake {
 public:
  /// `folder`: an empty one, for data and providers. `manifests` is only read.
  Lake(std::string name, std::unique_ptr<metadata_db::MetadataStore> store,
       const std::filesystem::path& folder, const std::filesystem::path& manifests);

  const std::string& name() const { return name_; }
  metadata_db::MetadataStore& store() { return *store_; }
  data_store::DataStore& data() { return *data_; }
  dataset_store::DatasetStore& datasets() { return *datasets_; }

  /// `request`: "GET /path?query".
  http::Reply Ask(std::string_view request);

 private:
  std::string name_;
  FixedClock clock_;
  NoHeads heads_;
  std::unique_ptr<metadata_db::MetadataStore> store_;
  std::unique_ptr<object_store::ObjectStore> data_files_;
  std::unique_ptr<object_store::ObjectStore> manifest_files_;
  std::unique_ptr<object_store::ObjectStore> provider_files_;
  std::unique_ptr<data_store::DataStore> data_;
  std::unique_ptr<data_store::Jobs> jobs_;
  std::unique_ptr<data_store::Revisions> revisions_;
  std::unique_ptr<dataset_store::DatasetStore> datasets_;
  std::unique_ptr<dataset_store::ProviderRegistry> providers_;
  std::unique_ptr<http::Router> router_;
};

/// A reply as bytes, to compare: status, headers and body.
std::string ToText(const http::Reply& reply);

}  // namespace tidemark::conformance
