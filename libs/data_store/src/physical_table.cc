#include "physical_table.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "tidemark/model/stored_segment.h"

namespace tidemark::data_store {
namespace {

constexpr std::size_t kLongestNameShown = 200;

/// Errors: kCorruption, saying why the row cannot count as progress.
Result<Segment> TryRead(const metadata_db::FileView& row, const ProgressRules& rules) {
  TIDEMARK_TRY(Segment segment, ReadStoredSegment(row.id, row.metadata, row.object_size));
  // The start block is of one network: nobody could say what it means for two.
  if (rules.start_block && segment.ranges.size() > 1) {
    return MakeError(ErrorCode::kCorruption,
                     fmt::format("it covers {} networks, but its dataset has a start block",
                                 segment.ranges.size()));
  }
  return segment;
}

}  // namespace

std::optional<Segment> ReadSegment(const metadata_db::FileView& row, const ProgressRules& rules,
                                   Quarantine& quarantine) {
  Result<Segment> segment = TryRead(row, rules);
  if (segment) return *std::move(segment);
  if (++quarantine.count == 1) {
    quarantine.first =
        fmt::format("file {} (id {}): {}", row.file_name.substr(0, kLongestNameShown), row.id.value,
                    segment.error().message);
  }
  return std::nullopt;
}

std::string_view ToString(TableProblemCode code) {
  switch (code) {
    case TableProblemCode::kFileQuarantined:
      return "FILE_QUARANTINED";
    case TableProblemCode::kRevisionMissing:
      return "REVISION_MISSING";
    case TableProblemCode::kWriterMissing:
      return "WRITER_MISSING";
  }
  return "FILE_QUARANTINED";
}

Result<std::optional<PhysicalTable>> PhysicalTable::GetActive(metadata_db::MetadataReader& reader,
                                                              const DatasetVersion& version,
                                                              std::string_view table_name) {
  TIDEMARK_TRY(auto row, reader.GetTable(version, table_name));
  if (!row) return std::nullopt;
  return OfRow(*std::move(row));
}

std::optional<PhysicalTable> PhysicalTable::OfRow(metadata_db::TableRow row) {
  if (!row.active_revision) return std::nullopt;
  const LocationId revision_id = *row.active_revision;
  return PhysicalTable(revision_id, std::move(row));
}

Result<TableSnapshot> PhysicalTable::Snapshot(metadata_db::MetadataReader& reader,
                                              const ProgressRules& rules) const {
  std::vector<metadata_db::FileRow> rows;
  if (has_revision()) {
    TIDEMARK_TRY(rows, reader.ListFiles(revision_id()));
  }
  std::vector<Segment> segments;
  segments.reserve(rows.size());
  Quarantine quarantine;
  for (const metadata_db::FileRow& row : rows) {
    auto segment = ReadSegment(metadata_db::FileView::Of(row), rules, quarantine);
    if (segment) segments.push_back(*std::move(segment));
  }
  return TableSnapshot::Make(std::move(segments), std::move(quarantine), rules);
}

std::vector<TableProblem> PhysicalTable::FindProblems(const Quarantine& quarantine) const {
  std::vector<TableProblem> problems;
  if (quarantine.count > 0) {
    problems.push_back({.code = TableProblemCode::kFileQuarantined,
                        .count = quarantine.count,
                        .detail = quarantine.first});
  }
  if (!has_revision()) {
    problems.push_back(
        {.code = TableProblemCode::kRevisionMissing,
         .count = 1,
         .detail = fmt::format("the active revision {} is not there", revision_id().value)});
  }
  if (row_.writer && !row_.writer_status) {
    problems.push_back({.code = TableProblemCode::kWriterMissing,
                        .count = 1,
                        .detail = fmt::format("job {}, which writes the table, is not there",
                                              row_.writer->value)});
  }
  return problems;
}

}  // namespace tidemark::data_store
