#include "progress_world.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "footer_builder.h"
#include "segment_notation.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::json;

const Deadline kNever = Deadline::Never();

std::string MakeFooter(const std::string& metadata, std::uint64_t rows) {
  using namespace parquet_io;
  const std::string count = ZigZag(static_cast<std::int64_t>(rows));
  return WithTrailer(
      PrintBlock({.num_rows = "\x16" + count,
                  .row_groups = "\x19" + StructList(1) + "\x36" + count + std::string(1, '\0'),
                  .keys = PrintKeys({{"nozzle_metadata", metadata}})}));
}

metadata_db::NewFile FileOf(LocationId location, std::string name, std::string metadata,
                            std::uint64_t size) {
  std::string footer = MakeFooter(metadata, size);
  return {.location_id = location,
          .file_name = std::move(name),
          .metadata = std::move(metadata),
          .object_size = size,
          .object_e_tag = std::nullopt,
          .url = "file:///data/",
          .footer = std::move(footer)};
}

}  // namespace

ProgressWorld::ProgressWorld() {
  eth_ = RegisterRaw("mainnet", 0);
  StartWorker();
}

DatasetVersion ProgressWorld::RegisterRaw(const std::string& name, std::uint64_t start_block) {
  return Register(name,
                  {{"kind", "evm-rpc"}, {"network", "mainnet"}, {"start_block", start_block}});
}

DatasetVersion ProgressWorld::RegisterDerived(const std::string& name) {
  const json schema = {
      {"arrow", {{"fields", {{{"name", "block_num"}, {"type", "UInt64"}, {"nullable", false}}}}}}};
  const json table = {{"input", {{"sql", "SELECT block_num FROM eth.blocks -- " + name}}},
                      {"schema", schema},
                      {"network", "mainnet"}};
  return Register(name, {{"kind", "manifest"},
                         {"dependencies", {{"eth", "eth/mainnet@1.0.0"}}},
                         {"tables", {{"mini", table}}},
                         {"functions", json::object()}});
}

DatasetVersion ProgressWorld::Register(const std::string& name, json manifest) {
  const json body = {{"namespace", "eth"},
                     {"name", name},
                     {"version", "1.0.0"},
                     {"manifest", std::move(manifest)}};
  const Answer answer = Post("/datasets", body.dump());
  EXPECT_EQ(answer.status, 201) << answer.text;
  return datasets_->Resolve({"eth", name}, LatestRevision{}, kNever).value().version;
}

JobId ProgressWorld::Schedule(const DatasetVersion& version) {
  JobDescriptor descriptor;
  descriptor.version = version;
  return memory_->ScheduleJob("worker-1", descriptor, kNever).value();
}

void ProgressWorld::Transition(JobId job, metadata_db::JobTransition transition,
                               std::optional<std::string> detail) {
  ASSERT_TRUE(memory_->TransitionJob({job}, transition, detail, kNever));
}

LocationId ProgressWorld::Fill(const DatasetVersion& version, const std::string& table, JobId job,
                               std::vector<Segment> segments) {
  const std::string path = fmt::format("place/{}", ++places_);
  const LocationId location =
      memory_->RegisterRevision({.version = version, .table_name = table, .path = path}, kNever)
          .value();
  std::ranges::sort(segments, {}, &Segment::file_id);
  std::vector<metadata_db::NewFile> files;
  for (const Segment& segment : segments) {
    const std::string name = fmt::format("{}.parquet", files.size());
    const SegmentMetadata metadata{.table = table,
                                   .filename = name,
                                   .created_at = segment.created_at,
                                   .ranges = segment.ranges};
    files.push_back(FileOf(location, name, PrintSegmentMetadata(metadata), segment.size_bytes));
  }
  EXPECT_TRUE(memory_->RestoreFiles(location, files, kNever));
  EXPECT_TRUE(memory_->ActivateRevision(version, table, location, kNever));
  EXPECT_TRUE(memory_->AcquireTables(version, {job}, {{table, path}}, kNever));
  return location;
}

LocationId ProgressWorld::Fill(const DatasetVersion& version, const std::string& table, JobId job,
                               std::string_view segments) {
  return Fill(version, table, job, chain::ReadSegments(segments));
}

void ProgressWorld::AddRow(LocationId location, const std::string& metadata) {
  const std::string name = fmt::format("row-{}.parquet", ++places_);
  ASSERT_TRUE(memory_->RestoreFiles(location, {FileOf(location, name, metadata, 1000)}, kNever));
}

std::string ProgressWorld::PathOf(const DatasetVersion& version) {
  return fmt::format("/datasets/{}/{}/versions/{}", version.dataset.ns, version.dataset.name,
                     version.manifest_hash.hex);
}

}  // namespace tidemark::admin_api
