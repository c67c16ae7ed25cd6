#include "job_setup.h"

#include <chrono>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/model/stored_segment.h"

namespace tidemark::worker {
namespace {

constexpr std::string_view kWrittenKind = "evm-rpc";

// A table may have a million files; their rows come in one answer.
constexpr std::chrono::seconds kLoadTimeout{60};
// Many jobs that start at once wait for one another, which is no failure of any.
constexpr std::chrono::seconds kTurnTimeout{10};

std::string NewRevisionPath(const DatasetVersion& version, std::string_view table, UtcTime now) {
  return fmt::format("{}/{}/{}/{}", version.dataset.ns, version.dataset.name, table,
                     MakeUuidV7(now));
}

Result<std::vector<metadata_db::TableRow>> AcquireTables(const WorkerContext& context,
                                                         const metadata_db::JobClaim& claim,
                                                         const DatasetVersion& version,
                                                         JobStep& step) {
  step = JobStep::kRegisterNewPhysicalTable;
  std::vector<metadata_db::TableToWrite> tables;
  for (const EvmTable table : kEvmTables) {
    const std::string name(ToString(table));
    tables.push_back(
        {.table_name = name, .path_if_new = NewRevisionPath(version, name, context.clock.Now())});
  }
  auto rows = context.metadata.AcquireTables(version, claim, tables, Deadline::After(kTurnTimeout));
  if (!rows && rows.error().code == ErrorCode::kConflict) step = JobStep::kLockRevisionsForWriter;
  return rows;
}

/// The segments of a revision.
Result<std::vector<Segment>> LoadSegments(metadata_db::MetadataReader& reader,
                                          LocationId location) {
  TIDEMARK_TRY(const auto files, reader.ListFiles(location));
  std::vector<Segment> segments;
  segments.reserve(files.size());
  for (const metadata_db::FileRow& file : files) {
    auto segment = ReadStoredSegment(file.id, file.metadata, file.object_size);
    if (!segment) {
      Log(LogLevel::kWarning, "file_row_unreadable",
          {{"file_id", file.id.value}, {"error", segment.error().message}});
      continue;
    }
    segments.push_back(*std::move(segment));
  }
  return segments;
}

/// Whether the tables are those that this worker knows how to make.
Status CheckIsOurs(const JobDescriptor& descriptor, const RawDataset& dataset, JobStep& step) {
  if (descriptor.kind != JobKind::kMaterializeRaw) {
    step = JobStep::kNotARawDataset;
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("a {} job for {}, a raw dataset of kind {}", ToString(descriptor.kind),
                    ToString(descriptor.version.dataset), dataset.kind));
  }
  if (dataset.kind != kWrittenKind) {
    step = JobStep::kCreateBlockStreamClient;
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "{} is a raw dataset of kind {}: this worker has blocks only for those of kind {}",
            ToString(descriptor.version.dataset), dataset.kind, kWrittenKind));
  }
  return {};
}

}  // namespace

Result<JobSetup> SetUpJob(const WorkerContext& context, const metadata_db::JobRow& job,
                          JobStep& step) {
  step = JobStep::kGetDataset;
  if (!job.descriptor) return MakeError(ErrorCode::kCorruption, "the job has no descriptor");
  TIDEMARK_TRY(auto descriptor, ParseJobDescriptor(*job.descriptor));
  auto dataset = context.catalog.LoadRawDataset(descriptor.version, Deadline::After(kTurnTimeout));
  if (!dataset) {
    if (dataset.error().code == ErrorCode::kInvalidArgument) step = JobStep::kNotARawDataset;
    return std::unexpected(std::move(dataset).error());
  }
  TIDEMARK_TRY(CheckIsOurs(descriptor, *dataset, step));

  step = JobStep::kCreateBlockStreamClient;
  TIDEMARK_TRY(auto source, context.catalog.OpenBlockSource(dataset->network));

  TIDEMARK_TRY(const auto rows, AcquireTables(context, ClaimOf(job), descriptor.version, step));
  TIDEMARK_FAILPOINT("job.tables_acquired");
  step = JobStep::kGetActivePhysicalTable;
  TIDEMARK_TRY(const auto reader, context.metadata.OpenReader(Deadline::After(kLoadTimeout)));
  std::vector<TableTarget> tables;
  for (std::size_t i = 0; i < kEvmTables.size(); ++i) {
    const auto row = i < rows.size() ? rows[i] : metadata_db::TableRow{};
    if (!row.active_revision || !row.path) {
      return MakeError(ErrorCode::kInternal, "an acquired table has no active revision");
    }
    TIDEMARK_TRY(auto segments, LoadSegments(*reader, *row.active_revision));
    tables.push_back({.table = kEvmTables[i],
                      .location = *row.active_revision,
                      .path = *row.path,
                      .ledger = SegmentLedger(dataset->network, std::move(segments))});
  }
  return JobSetup{.descriptor = std::move(descriptor),
                  .dataset = *std::move(dataset),
                  .source = std::move(source),
                  .tables = std::move(tables)};
}

}  // namespace tidemark::worker
