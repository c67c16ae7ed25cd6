// One random operation after the other, for tests that hold stores, or what follows them, against
// each other.
#pragma once

#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "metadata_dump.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db {

template <class T>
std::string ShowResult(const Result<T>& result) {
  if (!result) return std::string(ToString(result.error().code)) + ": " + result.error().message;
  if constexpr (std::is_void_v<T>) return "ok";
  if constexpr (std::is_integral_v<T>) return std::to_string(*result);
  if constexpr (std::is_same_v<T, UtcTime>) return FormatRfc3339(*result);
  if constexpr (requires { result->value; }) return std::to_string(result->value);
  if constexpr (requires { result->size(); }) {
    std::string text;
    for (const auto& item : *result) {
      if constexpr (requires { item.value; }) text += std::to_string(item.value) + " ";
      if constexpr (requires { item.table_name; }) text += Show(item);
    }
    return text;
  }
}

// One random operation from a world so small that clashes are common. Which one depends on the
// generator's state alone, so two stores with equal generators get the same.
class RandomOperation {
 public:
  explicit RandomOperation(std::mt19937& random) : random_(random) {}

  std::string ApplyTo(MetadataStore& store) {
    switch (Below(16)) {
      case 0:
        return ShowResult(store.RegisterManifest({Version().manifest_hash, Text(), "k"}, Soon()));
      case 1:
        return ShowResult(store.LinkManifest(Version(), Soon()));
      case 2:
        return ShowResult(store.SetVersionTag(Version(), Tag(), Soon()));
      case 3:
        return ShowResult(store.AcquireTables(Version(), Claim(), Tables(), Soon()));
      case 4:
      case 5:
        return ShowResult(store.CommitFiles(Claim(), Files(), Soon()));
      case 6:
        return ShowResult(store.ScheduleJob(Node(), Descriptor(), Soon()));
      case 7:
        return Transition(store);
      case 8:
        return ShowResult(store.RegisterRevision({Version(), Table(), Path()}, Soon()));
      case 9:
        return ShowResult(store.RestoreFiles(Location(), Files(), Soon()));
      case 10:
        return ShowResult(store.ActivateRevision(Version(), Table(), Location(), Soon()));
      case 11:
        return ShowResult(store.DeactivateTable(Version(), Table(), Soon()));
      case 12:
        return Below(3) != 0 ? ShowResult(store.DeleteJob(Job(), Soon()))
                             : ShowResult(store.DeleteJobs(Statuses(), Soon()));
      case 13:
        return Below(2) == 0 ? ShowResult(store.PutChainHead(Head(), Soon()))
                             : ShowResult(store.LeaseChainHead("n", Node(), LeaseTime(), Soon()));
      case 14:
        return Below(2) == 0 ? ShowResult(store.TakeOverJobs(Node(), Silence(), Below(4), Soon()))
                             : ShowResult(store.HandOverJobs(Node(), Silence(), Soon()));
      default:
        return Below(3) == 0 ? ShowResult(store.RegisterWorker(Node(), Text(), Soon()))
                             : ShowResult(store.Heartbeat(Node(), Soon()));
    }
  }

 private:
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  std::string Table() { return "t" + std::to_string(Below(3)); }
  std::string Path() { return "p" + std::to_string(Below(8)); }
  LocationId Location() { return {static_cast<std::int64_t>(Below(5))}; }
  std::chrono::milliseconds LeaseTime() {
    return std::chrono::milliseconds(static_cast<int>(Below(40)) - 1);
  }

  std::vector<JobStatus> Statuses() {
    std::vector<JobStatus> statuses(Below(3));
    for (JobStatus& status : statuses) status = static_cast<JobStatus>(3 + Below(6));
    return statuses;
  }

  ChainHeadRow Head() {
    ChainHeadRow row{.network = "n" + std::to_string(Below(2)),
                     .tag = static_cast<HeadTag>(Below(2)),
                     .source = Text(),
                     .checked_at = UtcTime(std::chrono::nanoseconds(Below(5000)))};
    if (Below(3) == 0) row.error = Text();
    if (Below(2) == 0) row.found.emplace();
    if (row.found) row.found->head.number.value = ~std::uint64_t{0} - Below(3);
    return row;
  }

  std::string Text() { return std::string(Below(3), '"'); }
  std::string Node() { return "node-" + std::to_string(Below(3)); }
  SilenceLimit Silence() { return SilenceLimit(static_cast<int>(Below(40))); }
  JobClaim Claim() {
    JobClaim claim{.job = Job()};
    if (Below(2) == 0) claim.attempt = static_cast<std::uint32_t>(Below(4));
    return claim;
  }
  JobId Job() { return {static_cast<std::int64_t>(Below(8))}; }

  DatasetVersion Version() {
    const std::string name = Below(4) == 0 ? "other" : "main";
    return {.dataset = {.ns = "eth", .name = name},
            .manifest_hash = {std::string(64, static_cast<char>('a' + Below(2)))}};
  }

  SemanticVersion Tag() {
    const char* const tags[] = {"1.0.0", "1.0.0-rc.1", "1.0.0+b", "0.10.0", "0.9.0"};
    return Must(SemanticVersion::Parse(tags[Below(5)]));
  }

  JobDescriptor Descriptor() {
    DatasetVersion version = Version();
    return {.version = std::move(version), .end_block = {}, .verify = Below(4) == 0};
  }

  std::vector<TableToWrite> Tables() {
    std::vector<TableToWrite> tables(Below(3));
    for (TableToWrite& table : tables) {
      table.table_name = Table();
      table.path_if_new = Path();
    }
    return tables;
  }

  std::vector<NewFile> Files() {
    std::vector<NewFile> files(Below(4));
    for (NewFile& file : files) {
      file.location_id = {static_cast<std::int64_t>(Below(4))};
      file.file_name = std::to_string(Below(40));
      file.metadata = Below(10) == 0 ? "{}" : "[]";
      file.object_size = Below(20) == 0 ? 1 : 2;
      file.url = "u";
    }
    return files;
  }

  std::string Transition(MetadataStore& store) {
    const auto transition = static_cast<JobTransition>(Below(9));
    const bool is_failure =
        transition == JobTransition::kFail || transition == JobTransition::kFailForGood;
    std::optional<std::string> detail;
    if (is_failure != (Below(10) == 0)) detail = R"({"e":1})";
    return ShowResult(store.TransitionJob(Claim(), transition, detail, Soon()));
  }

  std::mt19937& random_;
};

}  // namespace tidemark::metadata_db
