// What calls make of sessions and servers that are slow, stopped, restarted or gone.
#include <signal.h>
#include <sys/socket.h>

#include <chrono>
#include <thread>

#include "store_fixture.h"

namespace tidemark::metadata_db_postgres {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A call that must have ended by then, on a machine with many other things to do.
constexpr seconds kEndedBy{8};
constexpr milliseconds kShort{300};

// How long `call` takes with a deadline of kShort; it must fail with kUnavailable.
template <class Call>
std::string FailsInTime(const Call& call) {
  const auto began = std::chrono::steady_clock::now();
  const auto result = call(Deadline::After(kShort));
  EXPECT_LT(std::chrono::steady_clock::now() - began, kEndedBy);
  EXPECT_EQ(CodeOf(result), "unavailable");
  return result ? "ok" : result.error().message;
}

std::string FailureToOpen(const std::string& url) {
  return FailsInTime([&](Deadline deadline) { return OpenPostgresStore({.url = url}, deadline); });
}

// The whole server stands still, as on a machine that hangs.
class StoppedServer {
 public:
  explicit StoppedServer(RawSession& raw) {
    for (const std::string& pid :
         raw.Run("SELECT pid FROM pg_stat_activity WHERE application_name = 'tidemark' UNION ALL "
                 "SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int")) {
      pids_.push_back(std::stoi(pid));
    }
    for (const pid_t pid : pids_) EXPECT_EQ(kill(pid, SIGSTOP), 0);
  }
  ~StoppedServer() {
    for (const pid_t pid : pids_) kill(pid, SIGCONT);
  }
  StoppedServer(const StoppedServer&) = delete;
  StoppedServer& operator=(const StoppedServer&) = delete;

 private:
  std::vector<pid_t> pids_;
};

class SessionTest : public StoreTest {
 public:
  // A trigger on workers that runs `body` for its first `times` runs; it counts even what is
  // undone.
  void OnWorkers(const std::string& body, int times, bool at_commit = false) {
    raw.Run(fmt::format(R"sql(
CREATE SEQUENCE tidemark.runs;
CREATE FUNCTION tidemark.misbehave() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF nextval('tidemark.runs') <= {} THEN {}; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER misbehave AFTER INSERT ON workers {}
FOR EACH ROW EXECUTE FUNCTION tidemark.misbehave())sql",
                        times, body, at_commit ? "DEFERRABLE INITIALLY DEFERRED" : ""));
  }
  void TearDown() override {
    raw.Run(
        "DROP TRIGGER IF EXISTS misbehave ON workers; DROP FUNCTION IF EXISTS "
        "tidemark.misbehave; DROP SEQUENCE IF EXISTS tidemark.runs");
  }
  int Runs() { return std::stoi(raw.Value("SELECT last_value FROM tidemark.runs")); }
  std::size_t WorkerCount() { return Must(Read()->ListWorkers()).size(); }
};

TEST_F(SessionTest, NoServerIsUnavailable) {
  // A port that is ours and on which nobody listens.
  EXPECT_THAT(FailureToOpen(UrlWith({.host_and_port = "127.0.0.1:1"})),
              HasSubstr("Connection refused"));
}

TEST_F(SessionTest, ARefusedSignInSaysWhatToLookAt) {
  EXPECT_THAT(
      FailureToOpen(UrlWith({.password = "wrong"})),
      AllOf(HasSubstr("28P01"), HasSubstr("look at user and password"), Not(HasSubstr("wrong"))));
  EXPECT_THAT(FailureToOpen(UrlWith({.user = "nobody"})), HasSubstr("28P01"));
  EXPECT_THAT(FailureToOpen(UrlWith({.database = "absent"})),
              AllOf(HasSubstr("3D000"), HasSubstr("create the database")));
}

TEST_F(SessionTest, AUrlThatCannotBeReadIsAnArgumentAndStaysSecret) {
  for (const char* url : {"postgres://u:sec%ret@h/d", "postgres://u:secret@h/d?nonsense=1",
                          "secret", "host=x secret"}) {
    const auto opened = OpenPostgresStore({.url = url}, Soon());
    EXPECT_EQ(CodeOf(opened), "invalid_argument") << url;
    EXPECT_THAT(opened.error().message, AllOf(HasSubstr("postgres://user:password@"),
                                              Not(HasSubstr("secret")), Not(HasSubstr("sec%ret"))));
  }
}

TEST_F(SessionTest, EveryCallEndsAtItsDeadlineWhenTheServerStandsStill) {
  AddJobWithFiles();
  const auto reader = Must(store->OpenReader(Deadline::After(kShort + seconds(1))));
  Must(reader->ListWorkers());
  {
    const StoppedServer stopped(raw);
    FailsInTime([&](Deadline deadline) { return store->OpenReader(deadline); });
    FailsInTime([&](Deadline deadline) { return store->Heartbeat("node", deadline); });
    FailsInTime([&](Deadline /*unused*/) { return reader->ListWorkers(); });
    FailureToOpen(database.url());
    // More than the pool has places, all at once.
    std::vector<std::jthread> callers;
    for (int i = 0; i < 15; ++i) {
      callers.emplace_back([&] {
        FailsInTime([&](Deadline deadline) { return store->Heartbeat("node", deadline); });
      });
    }
  }
  EXPECT_EQ(CodeOf(store->Heartbeat("node", Soon())), "ok");
  EXPECT_EQ(WorkerCount(), 1U);
}

// Method: a backend that is killed makes the server throw out all sessions and recover, as after a
// power cut; until it has, it answers 57P03.
TEST_F(SessionTest, ARestartOfTheServerFailsNoLaterCall) {
  AddJobWithFiles();
  ASSERT_EQ(WorkerCount(), 1U);
  const std::string before = metadata_db::DumpEverything(*Read());
  ASSERT_EQ(kill(std::stoi(Sessions().at(0)), SIGKILL), 0);
  raw.WaitForEnd();
  EXPECT_EQ(WorkerCount(), 1U) << "the server is asked until it has recovered";
  raw.Reconnect();
  EXPECT_EQ(metadata_db::DumpEverything(*Read()), before);
  EXPECT_EQ(CodeOf(store->Heartbeat("node", Soon())), "ok");
}

TEST_F(SessionTest, ASessionThatWasEndedWhileIdleIsReplaced) {
  AddJobWithFiles();
  for (int round = 0; round < 3; ++round) {
    EndSessions();
    EXPECT_EQ(WorkerCount(), 1U);
    EndSessions();
    EXPECT_EQ(CodeOf(store->Heartbeat("node", Soon())), "ok");
  }
}

// Method: what a reader leaves behind is undone without anybody waiting for it. The one session is
// then used at once, many times, and by every kind of call.
TEST_F(SessionTest, ASessionThatHasJustBeenReadWithCanBeUsedAtOnce) {
  AddJobWithFiles();
  store = Open({.pool_size = 1});
  const auto job = Must(Read()->ListJobs({})).at(0).id;
  const LocationId location = Must(Read()->ListTablesWrittenBy(job)).at(0).active_revision.value();
  const auto position = Must(Read()->ReadFeed(std::nullopt)).value().position;
  for (int round = 0; round < 50; ++round) {
    Must(Read()->ListWorkers());
    Read();  // And one that nobody has read with.
    EXPECT_EQ(CodeOf(store->Heartbeat("node", Soon())), "ok");
    std::size_t files = 0;
    Must(Read()->VisitFilesAfter(location, {0}, [&](const auto&) { ++files; }));
    EXPECT_GT(files, 0U);
    Must(store->MayHaveChanged(position, Soon()));
    EXPECT_EQ(CodeOf(store->OpenReaderAtFirstRead(Soon())), "ok");
  }
}

TEST_F(SessionTest, AReaderThatIsGoneHoldsNoTransactionOpen) {
  AddJobWithFiles();
  Must(Read()->ListWorkers());
  const auto open_transactions = [&] {
    return raw.Value(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'tidemark' "
        "AND state LIKE 'idle in transaction%'");
  };
  const Deadline deadline = Soon();
  while (open_transactions() != "0" && !deadline.HasPassed()) std::this_thread::yield();
  EXPECT_EQ(open_transactions(), "0");
}

TEST_F(SessionTest, ASessionThatEndsWhileItUndoesIsReplaced) {
  AddJobWithFiles();
  store = Open({.pool_size = 1});
  for (int round = 0; round < 3; ++round) {
    Must(Read()->ListWorkers());
    EndSessions();
    EXPECT_EQ(WorkerCount(), 1U);
    Must(Read()->ListWorkers());
    EndSessions();
    EXPECT_EQ(CodeOf(store->Heartbeat("node", Soon())), "ok");
    Must(Read()->ListWorkers());
    EndSessions();
    EXPECT_EQ(Must(Must(store->OpenReaderAtFirstRead(Soon()))->ListWorkers()).size(), 1U);
  }
}

TEST_F(SessionTest, AServerThatStandsStillWhileASessionUndoesHoldsNobodyUp) {
  AddJobWithFiles();
  store = Open({.pool_size = 1});
  auto reader = Read();
  Must(reader->ListWorkers());
  {
    const StoppedServer stopped(raw);
    reader.reset();
    FailsInTime([&](Deadline deadline) { return store->Heartbeat("node", deadline); });
    FailsInTime([&](Deadline deadline) -> Result<std::vector<metadata_db::WorkerRow>> {
      TIDEMARK_TRY(const auto late, store->OpenReaderAtFirstRead(deadline));
      return late->ListWorkers();
    });
  }
  EXPECT_EQ(WorkerCount(), 1U);
}

TEST_F(SessionTest, AReaderAtFirstReadBeginsAgainWhenItsSessionHasEnded) {
  AddJobWithFiles();
  store = Open({.pool_size = 1});
  Must(Read()->ListWorkers());
  const auto reader = Must(store->OpenReaderAtFirstRead(Soon()));
  EndSessions();
  EXPECT_EQ(Must(reader->ListWorkers()).size(), 1U);
  EndSessions();
  EXPECT_EQ(CodeOf(reader->ListWorkers()), "unavailable");
}

TEST_F(SessionTest, AReaderThatHasSeenNothingBeginsAgainWhenItsSessionEnds) {
  AddJobWithFiles();
  store = Open({.pool_size = 1});
  const auto reader = Read();
  EndSessions();
  EXPECT_EQ(Must(reader->ListWorkers()).size(), 1U);
  EndSessions();
  EXPECT_EQ(CodeOf(reader->ListWorkers()), "unavailable");
  EXPECT_EQ(CodeOf(reader->ListJobs({})), "unavailable");
}

TEST_F(SessionTest, AReaderThatHasSeenSomethingDoesNotSeeAnotherMoment) {
  AddJobWithFiles();
  const auto reader = Read();
  Must(reader->ListWorkers());
  EndSessions();
  EXPECT_EQ(CodeOf(reader->ListWorkers()), "unavailable");
  EXPECT_EQ(WorkerCount(), 1U);
}

TEST_F(SessionTest, AWriteWhoseSessionEndsBeforeItsCommitIsDoneOnce) {
  OnWorkers("PERFORM pg_terminate_backend(pg_backend_pid())", 1);
  EXPECT_EQ(CodeOf(store->RegisterWorker("w", "{}", Soon())), "ok");
  EXPECT_EQ(Runs(), 2);
  EXPECT_EQ(WorkerCount(), 1U);
}

TEST_F(SessionTest, AWriteThatLosesEverySessionFailsAfterTheSecond) {
  OnWorkers("PERFORM pg_terminate_backend(pg_backend_pid())", 1000);
  EXPECT_EQ(CodeOf(store->RegisterWorker("w", "{}", Soon())), "unavailable");
  EXPECT_EQ(Runs(), 2);
  EXPECT_EQ(WorkerCount(), 0U);
}

TEST_F(SessionTest, ACommitWithoutAnAnswerIsNotTriedAgain) {
  OnWorkers("PERFORM pg_terminate_backend(pg_backend_pid())", 1000, true);
  const auto written = store->RegisterWorker("w", "{}", Soon());
  EXPECT_EQ(CodeOf(written), "unavailable");
  EXPECT_THAT(written.error().message, HasSubstr("whether the change was made is unknown"));
  EXPECT_EQ(Runs(), 1);
}

TEST_F(SessionTest, AWriteThatLosesARaceIsTriedAgainAFewTimes) {
  for (const bool at_commit : {false, true}) {
    OnWorkers("RAISE SQLSTATE '40001'", 3, at_commit);
    EXPECT_EQ(CodeOf(store->RegisterWorker("w", "{}", Soon())), "ok");
    EXPECT_EQ(Runs(), 4);
    TearDown();
    raw.Run("DELETE FROM workers");
    OnWorkers("RAISE SQLSTATE '40P01'", 1000, at_commit);
    EXPECT_EQ(CodeOf(store->RegisterWorker("w", "{}", Soon())), "unavailable");
    EXPECT_EQ(Runs(), 5);
    TearDown();
  }
}

TEST_F(SessionTest, AFailedWriteLeavesNothingAndItsSessionLives) {
  AddJobWithFiles();
  const auto sessions = Sessions();
  const std::string before = metadata_db::DumpEverything(*Read());
  EXPECT_EQ(CodeOf(store->RegisterWorker("x", "no json", Soon())), "invalid_argument");
  EXPECT_EQ(CodeOf(store->RegisterWorker(std::string("a\0b", 3), "{}", Soon())),
            "invalid_argument");
  EXPECT_EQ(CodeOf(store->RegisterWorker("\xff", "{}", Soon())), "invalid_argument");
  EXPECT_EQ(metadata_db::DumpEverything(*Read()), before);
  EXPECT_EQ(Sessions(), sessions);
}

TEST_F(SessionTest, AStatementThatTakesTooLongIsEndedByTheServerAndTheSessionLives) {
  AddJobWithFiles();
  const auto sessions = Sessions();
  OnWorkers("PERFORM pg_sleep(60)", 1000);
  const auto message =
      FailsInTime([&](Deadline deadline) { return store->RegisterWorker("slow", "{}", deadline); });
  EXPECT_THAT(message, HasSubstr("57014"));
  EXPECT_EQ(Sessions(), sessions);
}

TEST_F(SessionTest, AWaitForALockEndsAtTheDeadline) {
  AddJobWithFiles();
  raw.Run("BEGIN; LOCK TABLE workers, file_metadata");
  EXPECT_THAT(FailsInTime([&](Deadline deadline) { return store->Heartbeat("node", deadline); }),
              AllOf(HasSubstr("55P03"), HasSubstr("another session holds the lock")));
  FailsInTime([&](Deadline deadline) { return Must(store->OpenReader(deadline))->ListFiles({1}); });
  raw.Run("ROLLBACK");
  EXPECT_EQ(CodeOf(store->Heartbeat("node", Soon())), "ok");
}

TEST_F(SessionTest, WhenAllPlacesAreTakenACallWaitsForOneUntilItsDeadline) {
  store = Open({.pool_size = 2});
  auto first = Read();
  const auto second = Read();
  EXPECT_THAT(FailsInTime([&](Deadline deadline) { return store->OpenReader(deadline); }),
              HasSubstr("all connections to the database are in use"));
  std::string outcome;
  std::jthread waiting([&] { outcome = CodeOf(store->OpenReader(Soon())); });
  first.reset();
  waiting.join();
  EXPECT_EQ(outcome, "ok");
  EXPECT_EQ(Sessions().size(), 2U);
}

TEST_F(SessionTest, TheWaitForAPlaceHasALimitOfItsOwn) {
  store = Open({.pool_size = 1, .acquire_timeout = seconds(2)});
  const auto reader = Read();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(CodeOf(store->OpenReader(Deadline::Never())), "unavailable");
  EXPECT_LT(std::chrono::steady_clock::now() - began, kEndedBy);
}

TEST_F(SessionTest, SessionsThatAreOldOrIdleForLongAreClosed) {
  store = Open({.pool_size_min = 1, .idle_timeout = milliseconds(0)});
  {
    std::vector<std::unique_ptr<MetadataReader>> readers;
    for (int i = 0; i < 5; ++i) readers.push_back(Read());
    EXPECT_EQ(Sessions().size(), 5U);
  }
  // The server takes a moment to notice; the test's time limit is that of the wait.
  while (Sessions().size() > 2) std::this_thread::yield();
  store = Open({.connection_lifetime_max = milliseconds(0)});
  const auto first = Sessions();
  Must(store->RegisterWorker("w", "{}", Soon()));
  const auto last = Sessions();
  EXPECT_TRUE(first.empty() || last.empty() || first != last);
}

TEST_F(SessionTest, TheRolesOwnSettingsChangeNothing) {
  raw.Run(fmt::format(R"sql(
DROP ROLE IF EXISTS tokyo; CREATE ROLE tokyo LOGIN SUPERUSER PASSWORD 'tokyo';
ALTER ROLE tokyo SET TimeZone = 'Asia/Tokyo'; ALTER ROLE tokyo SET DateStyle = 'German';
ALTER ROLE tokyo SET search_path = 'nowhere';
ALTER ROLE tokyo SET default_transaction_isolation = 'serializable';
ALTER ROLE tokyo SET default_transaction_read_only = on)sql"));
  metadata_db::ManualClock clock;
  store = Open({.url = UrlWith({.user = "tokyo", .password = "tokyo", .database = database.name()}),
                .clock = &clock});
  AddJobWithFiles();
  EXPECT_EQ(raw.Value("SELECT heartbeat_at AT TIME ZONE 'UTC' FROM workers"),
            "2026-01-01 00:00:00");
  EXPECT_EQ(raw.Value("SELECT created_at, updated_at FROM physical_tables"),
            "2026-01-01 00:00:00|2026-01-01 00:00:00");
  EXPECT_EQ(raw.Value("SELECT updated_at FROM physical_table_revisions"), "2026-01-01 00:00:00");
  EXPECT_EQ(Must(Read()->ListWorkers()).at(0).heartbeat_at, clock.Now());
}

TEST_F(SessionTest, WithoutAClockTheDatabasesTimeIsStored) {
  AddJobWithFiles();
  EXPECT_EQ(raw.Value("SELECT bool_and(abs(extract(epoch FROM now() - t)) < 60) FROM (SELECT "
                      "heartbeat_at t FROM workers UNION ALL SELECT created_at FROM jobs UNION ALL "
                      "SELECT created_at AT TIME ZONE 'UTC' FROM physical_tables) x"),
            "t");
  EXPECT_TRUE(Must(store->LeaseChainHead("n", "a", seconds(3600), Soon())));
  EXPECT_FALSE(Must(store->LeaseChainHead("n", "b", seconds(3600), Soon())));
  raw.Run("UPDATE tidemark.head_leases SET expires_at = now()");
  EXPECT_TRUE(Must(store->LeaseChainHead("n", "b", seconds(3600), Soon())));
}

}  // namespace
}  // namespace tidemark::metadata_db_postgres
