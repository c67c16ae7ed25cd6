#include "bad_rows_contract.h"
#include "insert_text.h"
#include "metadata_store_contract.h"
#include "raw_database.h"
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

  /// As a program that keeps no foreign keys does.
  void Insert(const MemoryRows& rows) {
    metadata_db_sqlite::RawDatabase raw(dir_.path() / "metadata.sqlite");
    raw.Run("PRAGMA foreign_keys = OFF");
    for (const MemoryRow& row : rows) raw.Run(InsertText(row));
  }

 private:
  metadata_db_sqlite::TempDir dir_;
  std::unique_ptr<MetadataStore> store_;
};

constexpr StoreFactory kFactory{"Sqlite", [](const Clock& clock) -> std::unique_ptr<StoreBackend> {
                                  return std::make_unique<SqliteBackend>(clock);
                                }};

constexpr RowsFactory kRowsFactory{
    "Sqlite", [](const Clock& clock, const MemoryRows& rows) -> std::unique_ptr<StoreBackend> {
      auto backend = std::make_unique<SqliteBackend>(clock);
      backend->Insert(rows);
      return backend;
    }};

INSTANTIATE_TEST_SUITE_P(Sqlite, MetadataStoreContract, testing::Values(kFactory));
INSTANTIATE_TEST_SUITE_P(Sqlite, BadRowsContract, testing::Values(kRowsFactory));

}  // namespace
}  // namespace tidemark::metadata_db
