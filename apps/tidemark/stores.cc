#include "stores.h"

#include <chrono>

#include <fmt/format.h>

#include "database_url.h"
#include "tidemark/metadata_db_postgres/metadata_db_postgres.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"
#include "tidemark/object_store/open_store.h"

namespace tidemark::app {
namespace {

constexpr std::chrono::seconds kOpenTimeout{10};

using MetadataStorePtr = std::unique_ptr<metadata_db::MetadataStore>;
using ObjectStorePtr = std::unique_ptr<object_store::ObjectStore>;

Result<MetadataStorePtr> OpenDatabase(const StoreSettings& settings, const DatabaseUrl& url,
                                      const Clock& clock) {
  const Deadline deadline = Deadline::After(kOpenTimeout);
  switch (url.kind) {
    case DatabaseUrl::Kind::kSqlite:
      return metadata_db_sqlite::OpenSqliteStore(
          {.file = url.target, .auto_migrate = settings.auto_migrate, .clock = clock}, deadline);
    case DatabaseUrl::Kind::kPostgres:
      break;
  }
  metadata_db_postgres::PostgresOptions options;
  options.url = url.target;
  options.pool_size = settings.pool_size;
  if (settings.pool_size_min) options.pool_size_min = *settings.pool_size_min;
  options.connection_lifetime_max = settings.connection_lifetime_max;
  options.idle_timeout = settings.idle_timeout;
  options.auto_migrate = settings.auto_migrate;
  return metadata_db_postgres::OpenPostgresStore(options, deadline);
}

Result<ObjectStorePtr> OpenPlace(std::string_view setting, const std::string& url,
                                 object_store::StoreAccess access) {
  auto store = object_store::OpenStore(url, {.access = access});
  if (!store) return WithContext(setting, std::move(store).error());
  return store;
}

}  // namespace

Result<Stores> OpenStores(const StoreSettings& settings, const Clock& clock) {
  TIDEMARK_TRY(const DatabaseUrl url, ParseDatabaseUrl(settings.db));
  Stores stores;
  TIDEMARK_TRY(stores.metadata, OpenDatabase(settings, url, clock));
  const auto access = stores.metadata->is_read_only() ? object_store::StoreAccess::kReadOnly
                                                      : object_store::StoreAccess::kReadWrite;
  TIDEMARK_TRY(stores.data, OpenPlace("data", settings.data, access));
  TIDEMARK_TRY(stores.manifests, OpenPlace("manifests", settings.manifests, access));
  TIDEMARK_TRY(stores.provider_files, OpenPlace("providers", settings.providers, access));
  stores.datasets = dataset_store::MakeDatasetStore(*stores.metadata, *stores.manifests);
  stores.providers = dataset_store::MakeProviderRegistry(*stores.provider_files);
  return stores;
}

std::string Describe(const StoreSettings& settings, const Stores& stores) {
  const auto url = ParseDatabaseUrl(settings.db);
  const std::string shown = url ? url->shown : std::string("?");
  return fmt::format("{}{}, data {}",
                     stores.metadata->is_read_only() ? "attached read-only to Amp's database " : "",
                     shown, settings.data);
}

}  // namespace tidemark::app
