#include "tidemark/metadata_db/memory_store.h"

#include "bad_rows_contract.h"
#include "metadata_store_contract.h"

namespace tidemark::metadata_db {
namespace {

class MemoryBackend final : public StoreBackend {
 public:
  explicit MemoryBackend(std::unique_ptr<MetadataStore> store) : store_(std::move(store)) {}
  MetadataStore& store() override { return *store_; }

 private:
  std::unique_ptr<MetadataStore> store_;
};

constexpr StoreFactory kFactory{"Memory", [](const Clock& clock) -> std::unique_ptr<StoreBackend> {
                                  return std::make_unique<MemoryBackend>(MakeMemoryStore(clock));
                                }};

constexpr RowsFactory kRowsFactory{
    "Memory", [](const Clock& clock, const MemoryRows& rows) -> std::unique_ptr<StoreBackend> {
      return std::make_unique<MemoryBackend>(Must(MakeMemoryStore(clock, rows)));
    }};

INSTANTIATE_TEST_SUITE_P(Memory, MetadataStoreContract, testing::Values(kFactory));
INSTANTIATE_TEST_SUITE_P(Memory, BadRowsContract, testing::Values(kRowsFactory));

// What loading `rows` fails with.
std::string FailureOf(const MemoryRows& rows) {
  const auto store = MakeMemoryStore(SystemClock(), rows);
  if (store) return "none";
  EXPECT_EQ(store.error().code, ErrorCode::kInvalidArgument);
  return store.error().message;
}

TEST(MemoryRowsTest, WhatNoDatabaseLetsInIsRefused) {
  const MemoryRow manifest{"manifest_files", {{"hash", "h"}, {"path", "p"}}};
  EXPECT_EQ(FailureOf({manifest}), "none");
  EXPECT_EQ(FailureOf({manifest, manifest}), "column hash of a row of manifest_files is taken");
  EXPECT_EQ(FailureOf({{"manifests", {}}}), "there is no table manifests");
  EXPECT_EQ(FailureOf({{"manifest_files", {{"hash", "h"}, {"size", "1"}}}}),
            "column size of a row of manifest_files is unknown");
  EXPECT_EQ(FailureOf({{"manifest_files", {{"hash", "h"}}}}),
            "column path of a row of manifest_files must not be null");
  EXPECT_EQ(FailureOf({{"manifest_files", {{"hash", std::nullopt}, {"path", "p"}}}}),
            "column hash of a row of manifest_files must not be null");
  EXPECT_EQ(FailureOf({{"manifest_files", {{"hash", "h"}, {"path", "p"}, {"kind", std::nullopt}}}}),
            "column kind of a row of manifest_files must not be null")
      << "a null that is written out has no default";
  for (const char* const id : {"", "x", "1.0", "9223372036854775808", " 1", "0x1"}) {
    EXPECT_EQ(
        FailureOf({{"physical_table_revisions", {{"id", id}, {"path", "p"}}}}),
        "column id of a row of physical_table_revisions is no bigint: \"" + std::string(id) + "\"");
  }
  const MemoryRow footer{"footer_cache", {{"file_id", "1"}, {"footer", "\\x00fF"}}};
  EXPECT_EQ(FailureOf({footer}), "none");
  EXPECT_EQ(FailureOf({footer, footer}), "column file_id of a row of footer_cache is taken");
  for (const char* const bytes : {"", "x", "\\", "\\x0", "\\x0g", "00"}) {
    EXPECT_EQ(FailureOf({{"footer_cache", {{"file_id", "1"}, {"footer", bytes}}}}),
              "column footer of a row of footer_cache is no bytea")
        << bytes;
  }
  EXPECT_EQ(FailureOf({{"gc_manifest", {{"file_path", "f"}}}}), "none") << "nothing reads it";
}

TEST(MemoryRowsTest, AFileHasItsFooterWhicheverRowComesFirst) {
  const MemoryRow footer{"footer_cache", {{"file_id", "7"}, {"footer", "\\x005041"}}};
  const MemoryRow file{
      "file_metadata",
      {{"id", "7"}, {"location_id", "3"}, {"file_name", "f"}, {"metadata", "{}"}, {"url", "u"}}};
  for (const auto& rows : {MemoryRows{footer, file}, MemoryRows{file, footer}, MemoryRows{file}}) {
    const ManualClock clock;
    const auto store = Must(MakeMemoryStore(clock, rows));
    const std::vector<FileId> files = {{7}};
    const auto footers = Must(Must(store->OpenReader(Soon()))->ListFooters({3}, files, 3));
    ASSERT_EQ(footers.size(), rows.size() - 1);
    for (const FooterRow& row : footers) EXPECT_EQ(row.footer, std::string("\0PA", 3));
  }
}

}  // namespace
}  // namespace tidemark::metadata_db
