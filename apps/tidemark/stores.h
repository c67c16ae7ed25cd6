// The stores that every part works on, opened and wired in one place.
#pragma once

#include <memory>
#include <string>

#include "settings.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/dataset_store/dataset_store.h"
#include "tidemark/dataset_store/provider_registry.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::app {

struct Stores {
  std::unique_ptr<metadata_db::MetadataStore> metadata;
  std::unique_ptr<object_store::ObjectStore> data;
  std::unique_ptr<object_store::ObjectStore> manifests;
  std::unique_ptr<object_store::ObjectStore> provider_files;
  // These two work on the ones above.
  std::unique_ptr<dataset_store::DatasetStore> datasets;
  std::unique_ptr<dataset_store::ProviderRegistry> providers;
};

/// Opens the database, creating or migrating its schema if that is allowed, and the places of the
/// files. Beside a database that is only read, folders are only read too. `clock` must outlive the
/// result.
/// Errors: those of opening; the message names the setting, and never a password.
Result<Stores> OpenStores(const StoreSettings& settings, const Clock& clock);

/// "postgres://host/database, data s3://bucket/lake" for people: without credentials. One that
/// belongs to Amp is named so.
std::string Describe(const StoreSettings& settings, const Stores& stores);

}  // namespace tidemark::app
