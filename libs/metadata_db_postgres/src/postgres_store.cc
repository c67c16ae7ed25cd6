#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>

#include "connection_pool.h"
#include "postgres_reader.h"
#include "schema.h"
#include "select_rows.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/metadata_db/write_rules.h"
#include "tidemark/metadata_db_postgres/metadata_db_postgres.h"
#include "transaction.h"
#include "writes.h"

namespace tidemark::metadata_db_postgres {
namespace {

using metadata_db::ChainHeadRow;
using metadata_db::CollectionDelay;
using metadata_db::CondemnedObject;
using metadata_db::FeedPosition;
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

// How often a write is tried that other transactions are in the way of.
constexpr int kTriesMax = 5;

class PostgresStore final : public MetadataStore {
 public:
  PostgresStore(std::shared_ptr<ConnectionPool> pool, Ownership ownership, const Clock* clock)
      : pool_(std::move(pool)), ownership_(ownership), clock_(clock) {}

  bool is_read_only() const override { return ownership_ == Ownership::kAmps; }

  Result<std::unique_ptr<MetadataReader>> OpenReader(Deadline deadline) override {
    return OpenPostgresReader(pool_, ownership_, Transaction::Start::kNow, deadline);
  }

  Result<std::unique_ptr<MetadataReader>> OpenReaderAtFirstRead(Deadline deadline) override {
    return OpenPostgresReader(pool_, ownership_, Transaction::Start::kWithFirstStatement, deadline);
  }

  Result<bool> MayHaveChanged(const FeedPosition& since, Deadline deadline) override {
    TIDEMARK_TRY(Session session, pool_->Take(ConnectionPool::Want::kAny, deadline));
    const bool may_have_changed = metadata_db_postgres::MayHaveChanged(*session.connection, since);
    pool_->Return(std::move(session));
    return may_have_changed;
  }

  Status RegisterManifest(const ManifestRow& manifest, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::RegisterManifest(write, manifest);
    });
  }

  Status LinkManifest(const DatasetVersion& version, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::LinkManifest(write, version);
    });
  }

  Status SetVersionTag(const DatasetVersion& version, const SemanticVersion& tag,
                       Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::SetVersionTag(write, version, tag);
    });
  }

  Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, const JobClaim& writer,
                                              const std::vector<TableToWrite>& tables,
                                              Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::AcquireTables(write, version, writer, tables);
    });
  }

  Result<std::vector<FileId>> CommitFiles(const JobClaim& writer, const std::vector<NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckSizes(files));
    auto ids = Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::CommitFiles(write, writer, files);
    });
    if (ids) TIDEMARK_FAILPOINT("commit.committed");
    return ids;
  }

  Result<LocationId> RegisterRevision(const TableLocation& location, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::RegisterRevision(write, location);
    });
  }

  Result<std::uint64_t> RestoreFiles(LocationId location, const std::vector<NewFile>& files,
                                     Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckSizes(files));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::RestoreFiles(write, location, files);
    });
  }

  Status ActivateRevision(const DatasetVersion& version, std::string_view table_name,
                          LocationId revision, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::ActivateRevision(write, version, table_name, revision);
    });
  }

  Status DeactivateTable(const DatasetVersion& version, std::string_view table_name,
                         Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::DeactivateTable(write, version, table_name);
    });
  }

  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::ScheduleJob(write, node_id, descriptor);
    });
  }

  Status TransitionJob(const JobClaim& claim, JobTransition transition,
                       const std::optional<std::string>& detail, Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckDetail(transition, detail));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::TransitionJob(write, claim, transition, detail);
    });
  }

  Result<std::vector<JobId>> TakeOverJobs(std::string_view node_id, SilenceLimit silence,
                                          std::size_t limit, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::TakeOverJobs(write, node_id, silence, limit);
    });
  }

  Result<std::vector<JobId>> HandOverJobs(std::string_view node_id, SilenceLimit silence,
                                          Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::HandOverJobs(write, node_id, silence);
    });
  }

  Status DeleteJob(JobId id, Deadline deadline) override {
    return Apply(deadline,
                 [&](const Write& write) { return metadata_db_postgres::DeleteJob(write, id); });
  }

  Result<std::uint64_t> DeleteJobs(const std::vector<JobStatus>& statuses,
                                   Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckAreTerminal(statuses));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::DeleteJobs(write, statuses);
    });
  }

  Result<UtcTime> RegisterWorker(std::string_view node_id, std::string_view info_json,
                                 Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::RegisterWorker(write, node_id, info_json);
    });
  }

  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::Heartbeat(write, node_id);
    });
  }

  Result<bool> LeaseChainHead(std::string_view network, std::string_view owner,
                              std::chrono::milliseconds duration, Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckLeaseDuration(duration));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::LeaseChainHead(write, network, owner, duration);
    });
  }

  Status PutChainHead(const ChainHeadRow& head, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::PutChainHead(write, head);
    });
  }

  Result<FileId> ReplaceFiles(const JobClaim& writer, const NewFile& file,
                              const std::vector<FileId>& parents, CollectionDelay delay,
                              Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckSizes({file}));
    auto id = Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::ReplaceFiles(write, writer, file, parents, delay);
    });
    if (id) TIDEMARK_FAILPOINT("compaction.committed");
    return id;
  }

  Status ScheduleCollection(LocationId location, std::uint64_t version,
                            const std::vector<FileId>& files, CollectionDelay delay,
                            Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::ScheduleCollection(write, location, version, files, delay);
    });
  }

  Status RemoveFiles(const std::optional<JobClaim>& writer, const FileRemoval& removal,
                     Deadline deadline) override {
    TIDEMARK_TRY(Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::RemoveFiles(write, writer, removal);
    }));
    TIDEMARK_FAILPOINT("collection.committed");
    return {};
  }

  Result<std::uint64_t> CondemnObjects(LocationId location,
                                       const std::vector<std::string>& file_names,
                                       Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::CondemnObjects(write, location, file_names);
    });
  }

  Status ForgetObjects(const std::vector<CondemnedObject>& objects, Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::ForgetObjects(write, objects);
    });
  }

  Result<std::uint64_t> PruneFeed(std::chrono::milliseconds keep, Deadline deadline) override {
    TIDEMARK_TRY(const auto bounded, metadata_db::BoundKeep(keep));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_postgres::PruneFeed(write, bounded);
    });
  }

 private:
  // One transaction around `body`, kept if it succeeds, and begun again if that is all it takes.
  template <class Body>
  std::invoke_result_t<Body, const Write&> Apply(Deadline deadline, const Body& body) {
    if (is_read_only()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       "this is the database of an Amp deployment, which Tidemark only reads: make "
                       "the change through Amp, or give Tidemark a database of its own");
    }
    bool has_lost_session = false;
    for (int tries = 1;; ++tries) {
      TIDEMARK_TRY(Transaction transaction,
                   Transaction::Begin(pool_, Transaction::Kind::kWrite, deadline));
      Write write{.connection = transaction.connection(), .now = std::nullopt};
      if (clock_ != nullptr) write.now = clock_->Now();
      auto result = body(std::as_const(write));
      if (result) {
        const Status committed = transaction.Commit();
        if (committed) return result;
        result = std::unexpected(committed.error());
      }
      const Transaction::Retry retry = transaction.MayBeRetried();
      const bool is_second_loss = retry == Transaction::Retry::kSessionLost && has_lost_session;
      if (retry == Transaction::Retry::kNo || is_second_loss || tries == kTriesMax) return result;
      if (retry == Transaction::Retry::kSessionLost) has_lost_session = true;
    }
  }

  const std::shared_ptr<ConnectionPool> pool_;
  const Ownership ownership_;
  const Clock* const clock_;
};

}  // namespace

Result<std::unique_ptr<MetadataStore>> OpenPostgresStore(const PostgresOptions& options,
                                                         Deadline deadline) {
  TIDEMARK_TRY(CheckUrl(options.url));
  const PoolLimits limits{.size_max = std::max<std::size_t>(options.pool_size, 1),
                          .size_min = options.pool_size_min,
                          .acquire_timeout = options.acquire_timeout,
                          .lifetime_max = options.connection_lifetime_max,
                          .idle_timeout = options.idle_timeout};
  auto pool = std::make_shared<ConnectionPool>(options.url, limits);
  const auto ownership = PrepareSchema(pool, AllMigrations(), options.auto_migrate, deadline);
  if (!ownership) return WithContext("metadata database", ownership.error());
  if (*ownership == Ownership::kOurs) {
    const Status renewed = RenewFeed(pool, deadline);
    if (!renewed) return WithContext("metadata database", renewed.error());
  }
  return std::make_unique<PostgresStore>(std::move(pool), *ownership, options.clock);
}

}  // namespace tidemark::metadata_db_postgres
