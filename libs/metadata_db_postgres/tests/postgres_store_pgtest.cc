#include "metadata_store_contract.h"
#include "test_database.h"
#include "tidemark/metadata_db_postgres/metadata_db_postgres.h"

namespace tidemark::metadata_db {
namespace {

class PostgresBackend final : public StoreBackend {
 public:
  explicit PostgresBackend(const Clock& clock)
      : store_(Must(metadata_db_postgres::OpenPostgresStore(
            {.url = metadata_db_postgres::EmptyDatabase().url(), .clock = &clock}, Soon()))) {}
  MetadataStore& store() override { return *store_; }

 private:
  std::unique_ptr<MetadataStore> store_;
};

constexpr StoreFactory kFactory{"Postgres",
                                [](const Clock& clock) -> std::unique_ptr<StoreBackend> {
                                  return std::make_unique<PostgresBackend>(clock);
                                }};

INSTANTIATE_TEST_SUITE_P(Postgres, MetadataStoreContract, testing::Values(kFactory));

}  // namespace
}  // namespace tidemark::metadata_db
