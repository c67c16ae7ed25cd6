#include "metadata_store_contract.h"
#include "temp_dir.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"

namespace tidemark::metadata_db {
namespace {

class SqliteBackend final : public StoreBackend {
 public:
  explicit SqliteBackend(const Clock& clock)
      : store_(Must(metadata_db_sqlite::OpenSqliteStore(
            {.file = dir_.path() / "metadata.sqlite", .clock = clock}, Soon()))) {}
  MetadataStore& store() override { return *store_; }

 private:
  metadata_db_sqlite::TempDir dir_;
  std::unique_ptr<MetadataStore> store_;
};

constexpr StoreFactory kFactory{"Sqlite", [](const Clock& clock) -> std::unique_ptr<StoreBackend> {
                                  return std::make_unique<SqliteBackend>(clock);
                                }};

INSTANTIATE_TEST_SUITE_P(Sqlite, MetadataStoreContract, testing::Values(kFactory));

}  // namespace
}  // namespace tidemark::metadata_db
