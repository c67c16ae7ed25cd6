#include "tidemark/data_store/data_store.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "build_timer.h"
#include "chain_facts.h"
#include "index_cache.h"
#include "job_health.h"
#include "job_reader.h"
#include "physical_table.h"
#include "problem_ledger.h"
#include "row_counts.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {
namespace {

/// Which table, and by which rules.
struct TableQuestion {
  DatasetVersion version;
  std::string table_name;
  ProgressRules rules;

  friend bool operator==(const TableQuestion&, const TableQuestion&) = default;
};

/// A table, and its files if they had to be read.
struct TableRead {
  TableQuestion question;
  PhysicalTable table;
  std::optional<TableSnapshot> snapshot;
};

/// What is kept from one question to the next.
struct KeptReadings {
  IndexCache indexes;
  RowCounts row_counts;
};

/// One reader: that is what makes the answers of one snapshot fit together.
class ReaderSnapshot final : public Snapshot {
 public:
  /// `openings`: the count of all readers, and `begun` what it was before this one was opened.
  /// `kept`: nullptr to read all files for each question.
  ReaderSnapshot(std::unique_ptr<metadata_db::MetadataReader> reader, Deadline deadline,
                 std::atomic<std::uint64_t>& openings, std::uint64_t begun, KeptReadings* kept)
      : reader_(std::move(reader)),
        deadline_(deadline),
        openings_(openings),
        begun_(begun),
        indexes_(kept != nullptr ? &kept->indexes : nullptr),
        row_counts_(kept != nullptr ? &kept->row_counts : nullptr) {}

  metadata_db::MetadataReader& reader() { return *reader_; }

  /// The version's tables, by name. Whoever asks for them mostly asks for each of them next.
  Result<const std::vector<metadata_db::TableRow>*> ListTables(const DatasetVersion& version) {
    if (!listed_ || listed_->version != version) {
      listed_.reset();
      TIDEMARK_TRY(auto tables, reader_->ListTables(version));
      listed_.emplace(version, std::move(tables));
    }
    return &listed_->tables;
  }

  /// The table as this snapshot has it; the last one that was asked about is not asked about again.
  /// nullptr if it has no active revision.
  Result<TableRead*> Find(TableQuestion question) {
    if (last_ && last_->question == question) return &*last_;
    last_.reset();
    TIDEMARK_TRY(auto table, GetActive(question.version, question.table_name));
    if (!table) return nullptr;
    last_.emplace(std::move(question), *std::move(table), std::nullopt);
    return &*last_;
  }

  Result<ChainFacts> Facts(TableRead& read, UtcTime now) {
    if (indexes_ != nullptr) {
      TIDEMARK_TRY(auto facts, indexes_->Read(moment(), read.table, read.question.rules, now));
      if (facts) return *std::move(facts);
    }
    TIDEMARK_TRY(const TableSnapshot* const files, Files(read));
    return FactsOf(*files, now);
  }

  Result<const TableSnapshot*> Files(TableRead& read) {
    if (read.snapshot) return &*read.snapshot;
    const ProgressRules& rules = read.question.rules;
    if (indexes_ != nullptr) {
      TIDEMARK_TRY(read.snapshot, indexes_->ReadAll(moment(), read.table, rules));
      if (read.snapshot) return &*read.snapshot;
    }
    const BuildTimer timer;
    TIDEMARK_TRY(read.snapshot, read.table.Snapshot(*reader_, rules));
    return &*read.snapshot;
  }

  Result<TableRows> Rows(TableRead& read) {
    TIDEMARK_TRY(const TableSnapshot* const files, Files(read));
    return CountRows(*reader_, RowsUntil(), read.table.revision_id(), files->CanonicalSegments(),
                     row_counts_);
  }

  /// Half of the time that is left when rows are first asked for: who waits for the same answer has
  /// the other half, and a reading that is late still ends before the session does.
  Deadline RowsUntil() {
    if (!rows_until_) {
      const SteadyTime now = std::chrono::steady_clock::now();
      rows_until_ =
          deadline_.is_never() ? deadline_ : Deadline::At(now + ((deadline_.time() - now) / 2));
    }
    return *rows_until_;
  }

 private:
  struct Listed {
    DatasetVersion version;
    std::vector<metadata_db::TableRow> tables;
  };

  // Of a table that has been found, so that the reader has read: what it sees is fixed by then.
  Moment& moment() {
    if (!moment_) moment_.emplace(*reader_, Moment::Opening{.begun = begun_, .ended = ++openings_});
    return *moment_;
  }

  Result<std::optional<PhysicalTable>> GetActive(const DatasetVersion& version,
                                                 const std::string& table_name) {
    if (!listed_ || listed_->version != version) {
      return PhysicalTable::GetActive(*reader_, version, table_name);
    }
    const auto row = std::ranges::lower_bound(listed_->tables, table_name, {},
                                              &metadata_db::TableRow::table_name);
    if (row == listed_->tables.end() || row->table_name != table_name) return std::nullopt;
    return PhysicalTable::OfRow(*row);
  }

  std::unique_ptr<metadata_db::MetadataReader> reader_;
  const Deadline deadline_;
  std::atomic<std::uint64_t>& openings_;
  const std::uint64_t begun_;
  std::optional<Moment> moment_;
  IndexCache* indexes_;
  RowCounts* row_counts_;
  std::optional<Listed> listed_;
  std::optional<TableRead> last_;
  std::optional<Deadline> rows_until_;
};

Result<ReaderSnapshot*> Ours(Snapshot& snapshot) {
  auto* const ours = dynamic_cast<ReaderSnapshot*>(&snapshot);
  if (ours == nullptr) {
    return MakeError(ErrorCode::kInternal, "the snapshot is not one of a data store");
  }
  return ours;
}

/// What `answer` makes of the table that a question is about; nullopt if it has no active revision.
template <class T, class Answer>
Result<std::optional<T>> Ask(Snapshot& snapshot, TableQuestion question, const Answer& answer) {
  TIDEMARK_TRY(auto* const ours, Ours(snapshot));
  const std::string context =
      fmt::format("table {} of {}", question.table_name, ToString(question.version.dataset));
  const auto table = ours->Find(std::move(question));
  if (!table) return WithContext(context, table.error());
  if (*table == nullptr) return std::nullopt;
  Result<T> answered = answer(*ours, **table);
  if (!answered) return WithContext(context, std::move(answered).error());
  return *std::move(answered);
}

TableProgress ProgressOf(const PhysicalTable& table, ChainFacts facts) {
  const BlockRange* const blocks =
      facts.ranges.size() == 1 ? &facts.ranges.front().blocks : nullptr;
  return TableProgress{
      .start_block = blocks != nullptr ? std::optional(blocks->first()) : std::nullopt,
      .current_block = blocks != nullptr ? std::optional(blocks->last()) : std::nullopt,
      .files_count = facts.totals.files_count,
      .total_size_bytes = facts.totals.size_bytes,
      .ranges = std::move(facts.ranges),
      .revision_id = table.revision_id(),
      // Modulo 2^64, as the number of those removed may be negative.
      .reorg_epoch = facts.reorgs + static_cast<std::uint64_t>(table.removed_reorgs()),
      .version = table.version(),
      .quarantined_files = facts.quarantine.count,
      .problems = table.FindProblems(facts.quarantine),
      .rate = facts.rate};
}

class MetadataDataStore final : public DataStore {
 public:
  MetadataDataStore(metadata_db::MetadataStore& store, const Clock& clock, KeepIndexes keep)
      : store_(store), clock_(clock) {
    if (keep == KeepIndexes::kYes) kept_.emplace();
  }

  Result<std::unique_ptr<Snapshot>> OpenSnapshot(Deadline deadline) override {
    const std::uint64_t begun = ++openings_;
    TIDEMARK_TRY(auto reader, store_.OpenReaderAtFirstRead(deadline));
    return std::make_unique<ReaderSnapshot>(std::move(reader), deadline, openings_, begun,
                                            kept_ ? &*kept_ : nullptr);
  }

  Result<std::optional<TableProgress>> GetTableProgress(Snapshot& snapshot,
                                                        const DatasetVersion& version,
                                                        std::string_view table_name,
                                                        const ProgressRules& rules) override {
    const auto answer = [&](ReaderSnapshot& ours, TableRead& read) -> Result<TableProgress> {
      TIDEMARK_TRY(ChainFacts facts, ours.Facts(read, clock_.Now()));
      TableProgress progress = ProgressOf(read.table, std::move(facts));
      ledger_.Note(progress.revision_id, progress.problems);
      return progress;
    };
    return Ask<TableProgress>(
        snapshot, {.version = version, .table_name = std::string(table_name), .rules = rules},
        answer);
  }

  Result<std::optional<TableGaps>> GetTableGaps(Snapshot& snapshot, const DatasetVersion& version,
                                                std::string_view table_name,
                                                const ProgressRules& rules) override {
    const auto answer = [](ReaderSnapshot& ours, TableRead& read) -> Result<TableGaps> {
      TIDEMARK_TRY(const TableSnapshot* const files, ours.Files(read));
      return files->FindGaps();
    };
    return Ask<TableGaps>(
        snapshot, {.version = version, .table_name = std::string(table_name), .rules = rules},
        answer);
  }

  Result<std::optional<TableRows>> GetTableRows(Snapshot& snapshot, const DatasetVersion& version,
                                                std::string_view table_name,
                                                const ProgressRules& rules) override {
    TIDEMARK_TRY(auto* const reading, Ours(snapshot));
    // Another table has taken the time, and maybe the session.
    if (reading->RowsUntil().HasPassed()) return RowsNotReadInTime();
    const auto answer = [](ReaderSnapshot& ours, TableRead& read) { return ours.Rows(read); };
    return Ask<TableRows>(
        snapshot, {.version = version, .table_name = std::string(table_name), .rules = rules},
        answer);
  }

  Result<std::vector<TableWriterInfo>> GetTablesWriterInfo(Snapshot& snapshot,
                                                           const DatasetVersion& version) override {
    TIDEMARK_TRY(auto* const ours, Ours(snapshot));
    const auto tables = ours->ListTables(version);
    if (!tables) {
      return WithContext(fmt::format("writers of the tables of {}", ToString(version.dataset)),
                         tables.error());
    }
    std::vector<TableWriterInfo> writers;
    for (const metadata_db::TableRow& table : **tables) {
      if (!table.active_revision) continue;
      writers.push_back({.table_name = table.table_name,
                         .job_id = table.writer,
                         .job_status = table.writer_status});
    }
    return writers;
  }

  Result<std::optional<JobInfo>> GetJob(Snapshot& snapshot, JobId id) override {
    TIDEMARK_TRY(auto* const ours, Ours(snapshot));
    TIDEMARK_TRY(const auto job, ours->reader().GetJob(id));
    if (!job) return std::nullopt;
    return ReadJobInfo(ours->reader(), *job);
  }

  Result<std::vector<TableOfVersion>> ListTablesWrittenBy(Snapshot& snapshot, JobId id) override {
    TIDEMARK_TRY(auto* const ours, Ours(snapshot));
    TIDEMARK_TRY(auto rows, ours->reader().ListTablesWrittenBy(id));
    std::vector<TableOfVersion> tables;
    tables.reserve(rows.size());
    for (metadata_db::TableRow& row : rows) {
      tables.push_back(
          {.version = std::move(row.version), .table_name = std::move(row.table_name)});
    }
    return tables;
  }

  Result<JobHealth> GetJobHealth(Snapshot& snapshot, std::optional<JobId> writer) override {
    TIDEMARK_TRY(auto* const ours, Ours(snapshot));
    if (!writer) return WithoutJob();
    metadata_db::MetadataReader& reader = ours->reader();
    TIDEMARK_TRY(auto job, reader.GetJob(*writer));
    if (!job) return WithoutState(*writer);
    TIDEMARK_TRY(auto error, ReadErrorDetail(reader, *job));
    TIDEMARK_TRY(auto worker, reader.GetWorker(job->node_id));
    return JudgeJob({.job = *std::move(job),
                     .worker = std::move(worker),
                     .error = std::move(error),
                     .is_amp = store_.is_read_only()},
                    clock_.Now());
  }

 private:
  metadata_db::MetadataStore& store_;
  const Clock& clock_;
  std::optional<KeptReadings> kept_;
  std::atomic<std::uint64_t> openings_ = 0;
  ProblemLedger ledger_{ProcessMetrics()};
};

}  // namespace

std::unique_ptr<DataStore> MakeDataStore(metadata_db::MetadataStore& store, const Clock& clock,
                                         KeepIndexes keep) {
  return std::make_unique<MetadataDataStore>(store, clock, keep);
}

}  // namespace tidemark::data_store
