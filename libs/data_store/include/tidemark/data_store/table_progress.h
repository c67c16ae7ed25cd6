// What is said of one table.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::data_store {

/// How fast a table is being committed, by the creation times of the files of its canonical chain.
struct CommitRate {
  double blocks_per_second = 0;
  /// What the rate is an average over: the last minute, or less for a table that is younger.
  std::chrono::seconds window{0};
  UtcTime last_commit_at;  // The newest creation time.

  friend bool operator==(const CommitRate&, const CommitRate&) = default;
};

/// Rows that an answer does without.
enum class TableProblemCode : std::uint8_t {
  kFileQuarantined,  // A file whose row cannot be read, or says what no file can.
  kRevisionMissing,  // The active revision is none that the database has.
  kWriterMissing,    // The job that writes the revision is none that the database has.
};

/// "FILE_QUARANTINED", "REVISION_MISSING", "WRITER_MISSING".
std::string_view ToString(TableProblemCode code);

struct TableProblem {
  TableProblemCode code = TableProblemCode::kFileQuarantined;
  std::uint64_t count = 0;  // How many rows, of which `detail` describes the first.
  std::string detail;       // One sentence for a person.

  friend bool operator==(const TableProblem&, const TableProblem&) = default;
};

/// Sync progress of one table that has an active revision (spec 4.3).
struct TableProgress {
  /// Ends of the synced range, both included. Absent if there is no canonical chain, or if the
  /// table covers several networks: then `ranges` tells.
  std::optional<BlockNumber> start_block;
  std::optional<BlockNumber> current_block;
  std::uint64_t files_count = 0;       // Of the canonical chain.
  std::uint64_t total_size_bytes = 0;  // Of the canonical chain.

  std::vector<NetworkRange> ranges;  // One a network, by network; empty if there is no chain.
  LocationId revision_id;
  /// How often the chain took another branch, by the committed files and those that were collected:
  /// `current_block` falls only where this or the revision changes. In a database that is only
  /// read, files that are gone are not counted any more.
  std::uint64_t reorg_epoch = 0;
  // Rises with every change of the table's rows. Absent where the database keeps no count of them.
  std::optional<std::uint64_t> version;
  std::uint64_t quarantined_files = 0;  // Rows that cannot be read, left out of everything above.
  std::vector<TableProblem> problems;   // One a code, in the order of the codes.
  std::optional<CommitRate> rate;  // Absent if there is no chain, or if it covers several networks.
};

/// Why the number of a table's rows is not known.
enum class RowsProblemCode : std::uint8_t {
  kFooterMissing,     // The database has no footer of a file.
  kFooterUnreadable,  // A footer is damaged, or that of another file.
  kNotReadInTime,     // Asked again there may be time for the rest.
};

/// "FOOTER_MISSING", "FOOTER_UNREADABLE", "NOT_READ_IN_TIME".
std::string_view ToString(RowsProblemCode code);

struct RowsProblem {
  RowsProblemCode code = RowsProblemCode::kFooterMissing;
  std::string detail;  // One sentence for a person.

  friend bool operator==(const RowsProblem&, const RowsProblem&) = default;
};

/// Rows in the files of the canonical chain, by the files' footers: all of them or none.
struct TableRows {
  std::optional<std::uint64_t> count = std::nullopt;
  std::optional<RowsProblem> problem = std::nullopt;  // Why there is no count.

  friend bool operator==(const TableRows&, const TableRows&) = default;
};

/// What the dataset's definition says about progress.
struct ProgressRules {
  /// Raw datasets have one: a chain that begins later counts as no chain (amp-facts 4.5), and a
  /// file covers one network.
  std::optional<BlockNumber> start_block;

  friend bool operator==(const ProgressRules&, const ProgressRules&) = default;
};

/// Files that belong together, but not to the canonical chain.
struct FileRun {
  std::vector<NetworkRange> ranges;  // From the first block of the first file to the last's last.
  std::uint64_t files_count = 0;
  std::uint64_t total_size_bytes = 0;

  friend bool operator==(const FileRun&, const FileRun&) = default;
};

/// Block numbers of one network that no file has.
struct MissingBlocks {
  std::string network;
  BlockRange blocks;

  friend bool operator==(const MissingBlocks&, const MissingBlocks&) = default;
};

/// No list of gaps or islands gets longer than this; counts and sums are of all.
inline constexpr std::size_t kMaxListedGaps = 1000;

/// What keeps a table from going on, or takes room without counting. Every file that can be read is
/// in the canonical chain, or in one place here.
struct TableGaps {
  std::vector<MissingBlocks> missing;  // From behind the chain to the highest block of any file.
  std::uint64_t missing_count = 0;
  std::optional<FileRun> fork;   // The best one off the canonical chain.
  std::vector<FileRun> islands;  // Linked files behind a gap, by start.
  std::uint64_t islands_count = 0;
  std::uint64_t islands_files_count = 0;
  std::uint64_t islands_size_bytes = 0;
  // Duplicates, lost ties, older forks, compacted parents.
  std::uint64_t superseded_files_count = 0;
  std::uint64_t superseded_size_bytes = 0;

  friend bool operator==(const TableGaps&, const TableGaps&) = default;
};

}  // namespace tidemark::data_store
