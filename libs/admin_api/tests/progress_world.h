// A dataset whose tables a test fills with files, for tests of what is said about them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api_fixture.h"
#include "tidemark/model/segment.h"

namespace tidemark::admin_api {

class ProgressWorld : public ApiFixture {
 protected:
  /// eth/mainnet@1.0.0 of kind evm-rpc, and worker-1.
  ProgressWorld();

  /// Registers a raw dataset eth/<name>, whose start block is told.
  DatasetVersion RegisterRaw(const std::string& name, std::uint64_t start_block);
  /// Registers a derived dataset eth/<name> with one table, mini: it has no start block.
  DatasetVersion RegisterDerived(const std::string& name);

  /// Schedules the version's job, whatever could run it.
  JobId Schedule(const DatasetVersion& version);
  void Transition(JobId job, metadata_db::JobTransition transition,
                  std::optional<std::string> detail = std::nullopt);

  /// Gives a table a new active revision, with these files, that the job writes. Files get ids in
  /// the order of their present ones, and footers that speak of as many rows as the file has bytes.
  LocationId Fill(const DatasetVersion& version, const std::string& table, JobId job,
                  std::vector<Segment> segments);
  /// The same with segments in the notation of tests/data/chain/chains.txt.
  LocationId Fill(const DatasetVersion& version, const std::string& table, JobId job,
                  std::string_view segments);
  /// A file with any metadata, in a revision.
  void AddRow(LocationId location, const std::string& metadata);

  /// The path of a version's routes, by hash.
  static std::string PathOf(const DatasetVersion& version);
  Answer AskTable(const DatasetVersion& version, const std::string& table,
                  const std::string& query = "") {
    return Get(PathOf(version) + "/tables/" + table + "/progress" + query);
  }
  Answer AskJob(JobId job) { return Get("/jobs/" + std::to_string(job.value) + "/progress"); }

  DatasetVersion eth_;

 private:
  DatasetVersion Register(const std::string& name, nlohmann::json manifest);

  int places_ = 0;
};

}  // namespace tidemark::admin_api
