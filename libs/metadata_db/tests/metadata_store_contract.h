// What every metadata store must do, as one parameterised suite. A backend's test program includes
// this header and instantiates MetadataStoreContract with its factory. Here: the fixture; the tests
// are in the contract_*.h files below.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "manual_clock.h"
#include "metadata_dump.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/metadata_db/write_rules.h"

namespace tidemark::metadata_db {

/// Whatever one empty store needs to live: a folder, a schema. Cleans up when it goes.
class StoreBackend {
 public:
  StoreBackend() = default;
  StoreBackend(const StoreBackend&) = delete;
  StoreBackend& operator=(const StoreBackend&) = delete;
  virtual ~StoreBackend() = default;
  virtual MetadataStore& store() = 0;
};

struct StoreFactory {
  const char* name;
  std::unique_ptr<StoreBackend> (*make)(const Clock& clock);
};

inline void PrintTo(const StoreFactory& factory, std::ostream* out) { *out << factory.name; }

/// What a JSON text says, however it is written: a store may keep it in a form of its own.
inline nlohmann::json Json(const std::optional<std::string>& text) {
  return text ? nlohmann::json::parse(*text) : nlohmann::json();
}

/// What a look that found block `number` leaves.
inline ChainHeadRow HeadAt(std::string network, std::uint64_t number, UtcTime when) {
  ChainHead head{.number = {number}, .hash = {}, .timestamp_s = number};
  head.hash.bytes.fill(static_cast<std::uint8_t>(number));
  return {.network = std::move(network),
          .tag = HeadTag::kLatest,
          .source = "provider",
          .checked_at = when,
          .error = std::nullopt,
          .found = ObservedHead{.head = head, .observed_at = when}};
}

class MetadataStoreContract : public testing::TestWithParam<StoreFactory> {
 public:
  static constexpr const char* kNode = "node-1";

  static DatasetVersion Version(char hash_digit = 'a', std::string name = "mainnet") {
    return {.dataset = {.ns = "ethereum", .name = std::move(name)},
            .manifest_hash = {std::string(64, hash_digit)}};
  }

  static JobDescriptor Descriptor(const DatasetVersion& version) {
    return {.version = version, .end_block = {}};
  }

  static NewFile File(LocationId location, std::string name, std::string metadata = "{}") {
    return {.location_id = location,
            .file_name = std::move(name),
            .metadata = std::move(metadata),
            .object_size = 100,
            .object_e_tag = "\"tag\"",
            .url = "file:///data/ethereum/",
            .footer = std::string("PAR1\0footer", 11)};
  }

  std::unique_ptr<MetadataReader> Read() { return Must(store.OpenReader(Soon())); }
  std::string Dump() { return DumpEverything(*Read()); }

  void Register(const DatasetVersion& version) {
    Must(store.RegisterManifest(
        {version.manifest_hash, "path/" + version.manifest_hash.hex, "kind"}, Soon()));
    Must(store.LinkManifest(version, Soon()));
  }

  void Tag(const DatasetVersion& version, const std::string& tag) {
    Must(store.SetVersionTag(version, Must(SemanticVersion::Parse(tag)), Soon()));
  }

  JobId Schedule(const DatasetVersion& version) {
    Must(store.RegisterWorker(kNode, "{}", Soon()));
    return Must(store.ScheduleJob(kNode, Descriptor(version), Soon()));
  }

  void Move(JobId job, JobTransition transition) {
    const bool is_failure =
        transition == JobTransition::kFail || transition == JobTransition::kFailForGood;
    std::optional<std::string> detail;
    if (is_failure) detail = R"({"error_code":"X","error_message":"broke"})";
    Must(store.TransitionJob({job}, transition, detail, Soon()));
  }

  /// By legal edges, from wherever the job is after it was scheduled.
  void MoveTo(JobId job, JobStatus target) {
    using enum JobTransition;
    switch (target) {
      case JobStatus::kScheduled:
      case JobStatus::kUnknown:
        return;
      case JobStatus::kRunning:
        return Move(job, kStart);
      case JobStatus::kStopRequested:
        return Move(job, kRequestStop);
      case JobStatus::kStopping:
        return MoveAll(job, {kRequestStop, kBeginStop});
      case JobStatus::kStopped:
        return MoveAll(job, {kRequestStop, kBeginStop, kFinishStop});
      case JobStatus::kCompleted:
        return MoveAll(job, {kStart, kComplete});
      case JobStatus::kError:
        return MoveAll(job, {kStart, kFail});
      case JobStatus::kFatal:
        return MoveAll(job, {kStart, kFailForGood});
    }
  }

  JobStatus StatusOf(JobId job) { return Must(Read()->GetJob(job)).value().status; }

  LocationId Acquire(const DatasetVersion& version, JobId job, const std::string& table) {
    const auto rows = Must(
        store.AcquireTables(version, {job}, {{table, version.dataset.name + "/" + table}}, Soon()));
    return rows.at(0).active_revision.value();
  }

  /// The number that rises with every change of the table.
  std::uint64_t NumberOf(const DatasetVersion& version, const std::string& table) {
    return Must(Read()->GetTable(version, table)).value().revision_version.value();
  }

  ManualClock clock;
  const std::unique_ptr<StoreBackend> backend = GetParam().make(clock);
  MetadataStore& store = backend->store();

 private:
  void MoveAll(JobId job, const std::vector<JobTransition>& transitions) {
    for (const JobTransition transition : transitions) Move(job, transition);
  }
};

}  // namespace tidemark::metadata_db

#include "contract_collection.h"   // IWYU pragma: export
#include "contract_concurrency.h"  // IWYU pragma: export
#include "contract_datasets.h"     // IWYU pragma: export
#include "contract_deletion.h"     // IWYU pragma: export
#include "contract_feed.h"         // IWYU pragma: export
#include "contract_files.h"        // IWYU pragma: export
#include "contract_heads.h"        // IWYU pragma: export
#include "contract_jobs.h"         // IWYU pragma: export
#include "contract_ownership.h"    // IWYU pragma: export
#include "contract_revisions.h"    // IWYU pragma: export
#include "contract_tables.h"       // IWYU pragma: export
