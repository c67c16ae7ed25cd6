#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "commit_watch.h"
#include "connection_pool.h"
#include "schema.h"
#include "sqlite_reader.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/metadata_db/write_rules.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"
#include "transaction.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::ChainHeadRow;
using metadata_db::CollectionDelay;
using metadata_db::CondemnedObject;
using metadata_db::FileRemoval;
using metadata_db::JobClaim;
using metadata_db::JobTransition;
using metadata_db::ManifestRow;
using metadata_db::MetadataReader;
using metadata_db::MetadataStore;
using metadata_db::NewFile;
using metadata_db::SilenceLimit;
using metadata_db::TableLocation;
using metadata_db::TableRow;
using metadata_db::TableToWrite;

// Earlier ones can damage a database in WAL mode (sqlite.org/wal.html, "the WAL-reset bug").
static_assert(SQLITE_VERSION_NUMBER >= 3'051'003);

// More threads than this reading at once wait for one another.
constexpr std::size_t kReadersMax = 16;

class SqliteStore final : public MetadataStore {
 public:
  SqliteStore(const std::filesystem::path& file, const Clock& clock)
      : clock_(clock),
        writers_(std::make_shared<ConnectionPool>(file, Connection::Access::kWrite, 1)),
        readers_(std::make_shared<ConnectionPool>(file, Connection::Access::kRead, kReadersMax)),
        commits_(file) {}

  Status Prepare(Migrations migrations, Deadline deadline) {
    TIDEMARK_TRY(auto connection, writers_->Take(deadline));
    Status prepared = PrepareSchema(*connection, migrations);
    writers_->Return(std::move(connection));
    return prepared;
  }

  Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) override {
    TIDEMARK_TRY(Transaction snapshot,
                 Transaction::Begin(readers_, Transaction::Kind::kRead, deadline));
    return MakeSqliteReader(std::move(snapshot));
  }

  Status RegisterManifest(const ManifestRow& manifest, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::RegisterManifest(write, manifest);
    });
  }

  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::LinkManifest(write, version);
    });
  }

  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::SetVersionTag(write, version, tag);
    });
  }

  Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, const JobClaim& writer,
                                              const std::vector<TableToWrite>& tables,
                                              Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::AcquireTables(write, version, writer, tables);
    });
  }

  Result<std::vector<FileId>> CommitFiles(const JobClaim& writer, const std::vector<NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckSizes(files));
    auto ids = Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::CommitFiles(write, writer, files);
    });
    if (ids) TIDEMARK_FAILPOINT("commit.committed");
    return ids;
  }

  Result<LocationId> RegisterRevision(const TableLocation& location, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::RegisterRevision(write, location);
    });
  }

  Result<std::uint64_t> RestoreFiles(LocationId location, const std::vector<NewFile>& files,
                                     Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckSizes(files));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::RestoreFiles(write, location, files);
    });
  }

  Status ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                          LocationId revision, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::ActivateRevision(write, version, table_name, revision);
    });
  }

  Status DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                         Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::DeactivateTable(write, version, table_name);
    });
  }

  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::ScheduleJob(write, node_id, descriptor);
    });
  }

  Status TransitionJob(const JobClaim& claim, JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckDetail(transition, detail));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::TransitionJob(write, claim, transition, detail);
    });
  }

  Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id, SilenceLimit silence,
                                          std::size_t limit, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::TakeOverJobs(write, node_id, silence, limit);
    });
  }

  Result<std::vector<JobId>> HandOverJobs(std::string_view node_id, SilenceLimit silence,
                                          Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::HandOverJobs(write, node_id, silence);
    });
  }

  Status DeleteJob(JobId id, Deadline deadline) override {
    return Apply(deadline,
                 [&](const Write& write) { return metadata_db_sqlite::DeleteJob(write, id); });
  }

  Result<std::uint64_t> DeleteJobs(const std::vector<JobStatus>& statuses,
                                   Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckAreTerminal(statuses));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::DeleteJobs(write, statuses);
    });
  }

  Result<UtcTime> RegisterWorker(std::string_view node_id, std::string_view info_json,
                                 Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::RegisterWorker(write, node_id, info_json);
    });
  }

  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    return Apply(deadline,
                 [&](const Write& write) { return metadata_db_sqlite::Heartbeat(write, node_id); });
  }

  Result<bool> LeaseChainHead(std::string_view network, std::string_view owner,
                              std::chrono::milliseconds duration, Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckLeaseDuration(duration));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::LeaseChainHead(write, network, owner, duration);
    });
  }

  Status PutChainHead(const ChainHeadRow& head, Deadline deadline) override {
    return Apply(deadline,
                 [&](const Write& write) { return metadata_db_sqlite::PutChainHead(write, head); });
  }

  Result<FileId> ReplaceFiles(const JobClaim& writer, const NewFile& file,
                              const std::vector<FileId>& parents, CollectionDelay delay,
                              Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckSizes({file}));
    auto id = Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::ReplaceFiles(write, writer, file, parents, delay);
    });
    if (id) TIDEMARK_FAILPOINT("compaction.committed");
    return id;
  }

  Status ScheduleCollection(LocationId location, std::uint64_t version,
                            const std::vector<FileId>& files, CollectionDelay delay,
                            Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::ScheduleCollection(write, location, version, files, delay);
    });
  }

  Status RemoveFiles(const std::optional<JobClaim>& writer, const FileRemoval& removal,
                     Deadline deadline) override {
    TIDEMARK_TRY(Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::RemoveFiles(write, writer, removal);
    }));
    TIDEMARK_FAILPOINT("collection.committed");
    return {};
  }

  Result<std::uint64_t> CondemnObjects(LocationId location,
                                       const std::vector<std::string>& file_names,
                                       Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::CondemnObjects(write, location, file_names);
    });
  }

  Status ForgetObjects(const std::vector<CondemnedObject>& objects, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::ForgetObjects(write, objects);
    });
  }

  Result<bool> MayHaveChanged(const metadata_db::FeedPosition& since, Deadline deadline) override {
    return commits_.MayHaveChanged(since, deadline);
  }

  bool IsSurelyUnchanged(const metadata_db::FeedPosition& since) override {
    return commits_.IsSurelyUnchanged(since);
  }

  Result<std::uint64_t> PruneFeed(std::chrono::milliseconds keep, Deadline deadline) override {
    TIDEMARK_TRY(const auto bounded, metadata_db::BoundKeep(keep));
    return Apply(deadline,
                 [&](const Write& write) { return metadata_db_sqlite::PruneFeed(write, bounded); });
  }

 private:
  // One transaction around `body`, kept if it succeeds.
  template <class Body>
  std::invoke_result_t<Body, const Write&> Apply(Deadline deadline, const Body& body) {
    TIDEMARK_TRY(Transaction transaction,
                 Transaction::Begin(writers_, Transaction::Kind::kWrite, deadline));
    // The clock is read under the write lock, so that stored times follow the order of commits.
    const UtcTime time = clock_.Now();
    auto result = body(
        Write{.connection = transaction.connection(), .time = time, .now = FormatRfc3339(time)});
    if (result) TIDEMARK_TRY(transaction.Commit());
    return result;
  }

  const Clock& clock_;
  const std::shared_ptr<ConnectionPool> writers_;
  const std::shared_ptr<ConnectionPool> readers_;
  CommitWatch commits_;
};

Status CheckLibrary() {
  if (std::string_view(sqlite3_sourceid()) == SQLITE_SOURCE_ID) return {};
  return MakeError(ErrorCode::kInternal, fmt::format("compiled for SQLite {}, but linked with {}",
                                                     SQLITE_VERSION, sqlite3_libversion()));
}

}  // namespace

Result<std::unique_ptr<MetadataStore>> OpenSqliteStore(const SqliteOptions& options,
                                                       Deadline deadline) {
  TIDEMARK_TRY(CheckLibrary());
  // An absolute path is never one of SQLite's special names, such as ":memory:".
  std::error_code error;
  const std::filesystem::path file = std::filesystem::absolute(options.file, error);
  if (error) return MakeError(ErrorCode::kUnavailable, error.message());
  auto store = std::make_unique<SqliteStore>(file, options.clock);
  if (auto prepared =
          store->Prepare(options.auto_migrate ? Migrations::kApply : Migrations::kForbid, deadline);
      !prepared) {
    return WithContext(fmt::format("database {}", file.string()), std::move(prepared).error());
  }
  return store;
}

}  // namespace tidemark::metadata_db_sqlite
