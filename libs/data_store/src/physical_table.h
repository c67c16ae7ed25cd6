// A table of a dataset version and its place in storage.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "table_snapshot.h"
#include "tidemark/base/result.h"
#include "tidemark/data_store/table_progress.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/names.h"

namespace tidemark::data_store {

/// The segment of a file; nullopt if the row cannot count as progress, which is noted. Rows are to
/// be read by ascending id.
std::optional<Segment> ReadSegment(const metadata_db::FileView& row, const ProgressRules& rules,
                                   Quarantine& quarantine);

/// A table with an active revision.
class PhysicalTable {
 public:
  /// nullopt if the table is not registered or has no active revision.
  /// Errors: those of the reader.
  static Result<std::optional<PhysicalTable>> GetActive(metadata_db::MetadataReader& reader,
                                                        const DatasetVersion& version,
                                                        std::string_view table_name);
  /// The same, of the table's row.
  static std::optional<PhysicalTable> OfRow(metadata_db::TableRow row);

  LocationId revision_id() const { return revision_id_; }
  /// Of the revision: rises with each change of its rows. Absent where nobody counts them.
  std::optional<std::uint64_t> version() const { return row_.revision_version; }

  /// Whether the database has the revision and counts its changes.
  bool is_counted() const { return has_revision() && version().has_value(); }

  /// The reorganisations that removed files told of.
  std::int64_t removed_reorgs() const { return row_.removed_reorgs; }

  /// The revision's files as `reader`, the one that found the table, sees them. Rows that make no
  /// sense are left out and counted. A revision that the database does not have has no files.
  /// Errors: those of the reader; kCorruption if the rules cannot be applied to the chain.
  Result<TableSnapshot> Snapshot(metadata_db::MetadataReader& reader,
                                 const ProgressRules& rules) const;

  /// What the table's own row, and the files in quarantine, are short of.
  std::vector<TableProblem> FindProblems(const Quarantine& quarantine) const;

 private:
  PhysicalTable(LocationId revision_id, metadata_db::TableRow row)
      : revision_id_(revision_id), row_(std::move(row)) {}

  bool has_revision() const { return row_.path.has_value(); }

  LocationId revision_id_;
  metadata_db::TableRow row_;
};

}  // namespace tidemark::data_store
