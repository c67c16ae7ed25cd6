// An empty database of ours with a store on it, and the rows that tests begin with.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "manual_clock.h"
#include "metadata_dump.h"
#include "test_database.h"
#include "tidemark/metadata_db_postgres/metadata_db_postgres.h"

namespace tidemark::metadata_db_postgres {

using metadata_db::CodeOf;
using metadata_db::MetadataReader;
using metadata_db::MetadataStore;
using metadata_db::Must;
using metadata_db::Soon;

class StoreTest : public testing::Test {
 public:
  static DatasetVersion Version(char digit = 'a') {
    return {.dataset = {.ns = "eth", .name = "main"}, .manifest_hash = {std::string(64, digit)}};
  }

  static metadata_db::NewFile File(LocationId location, std::string name) {
    return {.location_id = location,
            .file_name = std::move(name),
            .metadata = "{}",
            .object_size = 5,
            .url = "file:///d/",
            .footer = std::string("\0PAR1", 5)};
  }

  static JobDescriptor Descriptor(char digit = 'a') {
    return {.version = Version(digit), .end_block = {}};
  }

  std::unique_ptr<MetadataStore> Open(PostgresOptions options = {}) const {
    if (options.url.empty()) options.url = database.url();
    return Must(OpenPostgresStore(options, Soon()));
  }

  std::unique_ptr<MetadataReader> Read() { return Must(store->OpenReader(Soon())); }

  /// Job 1 writes revision 1, active for table "blocks" of Version(), with files 1 and 2.
  void AddJobWithFiles() {
    Must(store->RegisterManifest({Version().manifest_hash, "path", "evm-rpc"}, Soon()));
    Must(store->LinkManifest(Version(), Soon()));
    Must(store->RegisterWorker("node", "{}", Soon()));
    const JobId job = Must(store->ScheduleJob("node", Descriptor(), Soon()));
    const auto rows =
        Must(store->AcquireTables(Version(), {job}, {{"blocks", "eth/main/blocks/0"}}, Soon()));
    const LocationId location = rows.at(0).active_revision.value();
    Must(store->CommitFiles({job}, {File(location, "a"), File(location, "b")}, Soon()));
  }

  std::string VersionOf(int location) {
    return raw.Value(fmt::format(
        "SELECT version FROM tidemark.table_versions WHERE location_id = {}", location));
  }

  /// Process ids of the store's sessions on the server.
  std::vector<std::string> Sessions() {
    return raw.Run(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND "
        "application_name = 'tidemark' ORDER BY pid");
  }

  /// As an operator does it; returns when they are gone.
  void EndSessions() {
    raw.Run(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = "
        "current_database() AND application_name = 'tidemark'");
  }

  TestDatabase& database = EmptyDatabase();
  RawSession& raw = database.raw();
  std::unique_ptr<MetadataStore> store = Open();
};

}  // namespace tidemark::metadata_db_postgres
