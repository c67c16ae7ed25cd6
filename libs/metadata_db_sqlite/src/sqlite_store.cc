#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "connection_pool.h"
#include "schema.h"
#include "sqlite_reader.h"
#include "tidemark/metadata_db/write_rules.h"
#include "tidemark/metadata_db_sqlite/metadata_db_sqlite.h"
#include "transaction.h"
#include "writes.h"

namespace tidemark::metadata_db_sqlite {
namespace {

using metadata_db::JobTransition;
using metadata_db::ManifestRow;
using metadata_db::MetadataReader;
using metadata_db::MetadataStore;
using metadata_db::NewFile;
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
        readers_(std::make_shared<ConnectionPool>(file, Connection::Access::kRead, kReadersMax)) {}

  Status Prepare(Deadline deadline) {
    TIDEMARK_TRY(auto connection, writers_->Take(deadline));
    Status prepared = PrepareSchema(*connection);
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

  Result<std::vector<TableRow>> AcquireTables(const DatasetVersion& version, JobId writer,
                                              const std::vector<TableToWrite>& tables,
                                              Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::AcquireTables(write, version, writer, tables);
    });
  }

  Result<std::vector<FileId>> CommitFiles(JobId writer, const std::vector<NewFile>& files,
                                          Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckSizes(files));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::CommitFiles(write, writer, files);
    });
  }

  Result<JobId> ScheduleJob(std::string_view node_id, const JobDescriptor& descriptor,
                            Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::ScheduleJob(write, node_id, descriptor);
    });
  }

  Status TransitionJob(JobId id, JobTransition transition, const std::optional<std::string>& detail,
                       Deadline deadline) override {
    TIDEMARK_TRY(metadata_db::CheckDetail(transition, detail));
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::TransitionJob(write, id, transition, detail);
    });
  }

  Status RegisterWorker(std::string_view node_id, std::string_view info_json,
                        Deadline deadline) override {
    return Apply(deadline, [&](const Write& write) {
      return metadata_db_sqlite::RegisterWorker(write, node_id, info_json);
    });
  }

  Status Heartbeat(std::string_view node_id, Deadline deadline) override {
    return Apply(deadline,
                 [&](const Write& write) { return metadata_db_sqlite::Heartbeat(write, node_id); });
  }

 private:
  // One transaction around `body`, kept if it succeeds.
  template <class Body>
  std::invoke_result_t<Body, const Write&> Apply(Deadline deadline, const Body& body) {
    TIDEMARK_TRY(Transaction transaction,
                 Transaction::Begin(writers_, Transaction::Kind::kWrite, deadline));
    // The clock is read under the write lock, so that stored times follow the order of commits.
    auto result =
        body(Write{.connection = transaction.connection(), .now = FormatRfc3339(clock_.Now())});
    if (result) TIDEMARK_TRY(transaction.Commit());
    return result;
  }

  const Clock& clock_;
  const std::shared_ptr<ConnectionPool> writers_;
  const std::shared_ptr<ConnectionPool> readers_;
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
  if (auto prepared = store->Prepare(deadline); !prepared) {
    return WithContext(fmt::format("database {}", file.string()), std::move(prepared).error());
  }
  return store;
}

}  // namespace tidemark::metadata_db_sqlite
