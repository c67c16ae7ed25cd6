// What a store must make of rows that no store of ours writes: unreadable texts, and keys that lead
// nowhere. A suite of its own, because not every database lets such rows in.
#pragma once

#include <limits>

#include <gmock/gmock.h>

#include "metadata_store_contract.h"
#include "tidemark/metadata_db/memory_store.h"

namespace tidemark::metadata_db {

struct RowsFactory {
  const char* name;
  /// A store that holds `rows` at first.
  std::unique_ptr<StoreBackend> (*make)(const Clock& clock, const MemoryRows& rows);
};

inline void PrintTo(const RowsFactory& factory, std::ostream* out) { *out << factory.name; }

class BadRowsContract : public testing::TestWithParam<RowsFactory> {
 public:
  static constexpr const char* kTime = "2026-01-02T03:04:05+00:00";
  static inline const std::string kHash = std::string(64, 'a');

  static DatasetVersion Version(const std::string& name = "main") {
    return {.dataset = {.ns = "eth", .name = name}, .manifest_hash = {kHash}};
  }

  static MemoryRow Manifest(const std::string& hash) {
    return {"manifest_files", {{"hash", hash}, {"path", "p"}, {"created_at", kTime}}};
  }
  static MemoryRow Tag(const std::string& version, const std::string& hash = kHash,
                       const std::string& created_at = kTime,
                       const std::string& updated_at = kTime) {
    return {"tags",
            {{"namespace", "eth"},
             {"name", "main"},
             {"version", version},
             {"hash", hash},
             {"created_at", created_at},
             {"updated_at", updated_at}}};
  }
  static MemoryRow Worker(const std::string& node_id, const std::string& heartbeat_at = kTime,
                          const std::string& created_at = kTime,
                          const std::string& registered_at = kTime) {
    return {"workers",
            {{"node_id", node_id},
             {"heartbeat_at", heartbeat_at},
             {"created_at", created_at},
             {"registered_at", registered_at}}};
  }
  static MemoryRow Job(int id, const std::string& created_at = kTime) {
    return {"jobs",
            {{"id", std::to_string(id)},
             {"node_id", "n"},
             {"created_at", created_at},
             {"idempotency_key", "legacy:" + std::to_string(id)}}};
  }
  static MemoryRow StatusOf(int job, const std::string& status,
                            const std::string& updated_at = kTime) {
    return {"jobs_status",
            {{"job_id", std::to_string(job)},
             {"node_id", "n"},
             {"status", status},
             {"updated_at", updated_at}}};
  }
  static MemoryRow Event(int id, int job, const std::optional<std::string>& detail,
                         const std::string& created_at = kTime,
                         const std::string& type = "SCHEDULED") {
    return {"job_events",
            {{"id", std::to_string(id)},
             {"job_id", std::to_string(job)},
             {"node_id", "n"},
             {"event_type", type},
             {"created_at", created_at},
             {"detail", detail}}};
  }
  static MemoryRow Revision(int id, std::optional<int> writer = std::nullopt) {
    const auto text = writer ? std::optional(std::to_string(*writer)) : std::nullopt;
    return {"physical_table_revisions",
            {{"id", std::to_string(id)}, {"path", "p" + std::to_string(id)}, {"writer", text}}};
  }
  static MemoryRow Table(const std::string& name, std::optional<int> active,
                         const std::string& dataset = "main") {
    const auto text = active ? std::optional(std::to_string(*active)) : std::nullopt;
    return {"physical_tables",
            {{"dataset_namespace", "eth"},
             {"dataset_name", dataset},
             {"table_name", name},
             {"manifest_hash", kHash},
             {"active_revision_id", text}}};
  }
  static MemoryRow File(int location, const std::string& name, const std::string& metadata) {
    return {"file_metadata",
            {{"location_id", std::to_string(location)},
             {"file_name", name},
             {"metadata", metadata},
             {"url", "file:///d/"}}};
  }

  /// Opens the store with these rows.
  MetadataStore& With(const MemoryRows& rows) {
    backend = GetParam().make(clock, rows);
    return backend->store();
  }
  static std::unique_ptr<MetadataReader> Read(MetadataStore& store) {
    return Must(store.OpenReader(Soon()));
  }

  ManualClock clock;
  std::unique_ptr<StoreBackend> backend;
};

TEST_P(BadRowsContract, ListsLeaveOutTagsThatCannotBeRead) {
  MetadataStore& store =
      With({Tag("1.0.0"), Tag("2.0.0", kHash, "yesterday"), Tag("3.0.0", kHash, kTime, ""),
            Tag("4.0.0", "xyz"), Tag("5.0.0", std::string(64, 'A')), Tag("6.0.0")});
  const auto reader = Read(store);
  const auto names = [](const std::vector<TagRow>& rows) {
    std::vector<std::string> versions;
    for (const TagRow& row : rows) versions.push_back(row.version);
    return versions;
  };
  EXPECT_THAT(names(Must(reader->ListTags(Version().dataset))),
              testing::ElementsAre("1.0.0", "6.0.0"));
  EXPECT_THAT(names(Must(reader->ListAllTags())), testing::ElementsAre("1.0.0", "6.0.0"));
  EXPECT_THAT(names(Must(reader->ListTagsOfManifest({kHash}))),
              testing::ElementsAre("1.0.0", "6.0.0"));
  for (const char* const bad : {"2.0.0", "3.0.0", "4.0.0", "5.0.0"}) {
    EXPECT_EQ(CodeOf(reader->GetTag(Version().dataset, bad)), "corruption") << bad;
  }
  EXPECT_EQ(CodeOf(reader->GetTag(Version().dataset, "6.0.0")), "ok");
}

TEST_P(BadRowsContract, ListsLeaveOutManifestsWhoseHashIsNone) {
  MetadataStore& store = With({Manifest(""), Manifest("abc"), Manifest(kHash),
                               Manifest(std::string(64, 'B')), Manifest(kHash + "a")});
  const auto rows = Must(Read(store)->ListManifests());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].manifest.hash.hex, kHash);
  EXPECT_EQ(rows[0].manifest.kind, "unknown") << "the column's default";
  EXPECT_EQ(CodeOf(Read(store)->GetManifest({"abc"})), "corruption");
}

TEST_P(BadRowsContract, ListsLeaveOutJobsThatCannotBeReadAndStillFillTheirLimit) {
  MetadataStore& store =
      With({Job(1), StatusOf(1, "RUNNING"), Job(2, "never"), StatusOf(2, "RUNNING"), Job(3),
            StatusOf(3, "RUNNING", "2026-13-01T00:00:00Z"), Job(4), StatusOf(4, "RUNNING"), Job(5),
            StatusOf(6, "RUNNING")});
  const auto reader = Read(store);
  const auto ids = [&](const JobFilter& filter) {
    std::vector<std::int64_t> found;
    for (const JobRow& row : Must(reader->ListJobs(filter))) found.push_back(row.id.value);
    return found;
  };
  EXPECT_THAT(ids({}), testing::ElementsAre(4, 1));
  EXPECT_THAT(ids({.limit = 2}), testing::ElementsAre(4, 1))
      << "a short page would look like the last one";
  EXPECT_THAT(ids({.limit = 1}), testing::ElementsAre(4));
  EXPECT_EQ(CodeOf(reader->GetJob({2})), "corruption");
  EXPECT_EQ(CodeOf(reader->GetJob({3})), "corruption");
  EXPECT_EQ(Must(reader->GetJob({5})), std::nullopt) << "it has no state";
  EXPECT_EQ(Must(reader->GetJob({6})), std::nullopt) << "a state without a job";
  EXPECT_EQ(CodeOf(store.TransitionJob({{2}}, JobTransition::kRequestStop, std::nullopt, Soon())),
            "corruption");
  EXPECT_EQ(CodeOf(store.DeleteJob({5}, Soon())), "ok");
}

TEST_P(BadRowsContract, AStateThatNobodyKnowsIsUnknownAndNotTerminal) {
  MetadataStore& store = With({Job(1), StatusOf(1, "PAUSED"), Job(2), StatusOf(2, "stopped")});
  EXPECT_EQ(Must(Read(store)->GetJob({1}))->status, JobStatus::kUnknown);
  EXPECT_EQ(Must(Read(store)->GetJob({2}))->status, JobStatus::kStopped);
  EXPECT_EQ(Must(Read(store)->ListJobs({.statuses = {{JobStatus::kUnknown}}})).size(), 1U);
  EXPECT_EQ(CodeOf(store.DeleteJob({1}, Soon())), "conflict");
  EXPECT_EQ(Must(store.DeleteJobs({JobStatus::kStopped}, Soon())), 1U);
  EXPECT_EQ(Must(Read(store)->ListJobs({})).size(), 1U);
}

TEST_P(BadRowsContract, ListsLeaveOutEventsAndWorkersThatCannotBeRead) {
  MetadataStore& store =
      With({Job(1), StatusOf(1, "RUNNING"), Event(1, 1, "{}"), Event(2, 1, "{}", "soon"),
            Event(3, 1, std::nullopt), Worker("a"), Worker("b", "x"), Worker("c", kTime, "x"),
            Worker("d", kTime, kTime, "x"), Worker("e")});
  const auto reader = Read(store);
  std::vector<std::int64_t> events;
  for (const JobEventRow& row : Must(reader->ListJobEvents({1}))) events.push_back(row.id);
  EXPECT_THAT(events, testing::ElementsAre(1, 3));
  EXPECT_EQ(CodeOf(reader->GetJobEvent({1}, 2)), "corruption");
  EXPECT_EQ(Must(reader->GetJob({1}))->attempts, 3U) << "an event counts whenever it was";
  std::vector<std::string> workers;
  for (const WorkerRow& row : Must(reader->ListWorkers())) workers.push_back(row.node_id);
  EXPECT_THAT(workers, testing::ElementsAre("a", "e"));
  for (const char* const bad : {"b", "c", "d"}) {
    EXPECT_EQ(CodeOf(reader->GetWorker(bad)), "corruption") << bad;
  }
  // A heartbeat mends what it writes.
  EXPECT_EQ(CodeOf(store.Heartbeat("b", Soon())), "ok");
  EXPECT_EQ(CodeOf(Read(store)->GetWorker("b")), "ok");
}

TEST_P(BadRowsContract, TimesAsPostgresPrintsThemAreRead) {
  MetadataStore& store = With({Worker("a", "2026-01-02 03:04:05.678901+00",
                                      "2026-01-02 05:34:05.5+02:30", "2026-01-01 22:04:05-05")});
  const auto worker = Must(Read(store)->GetWorker("a")).value();
  EXPECT_EQ(FormatRfc3339(worker.heartbeat_at), "2026-01-02T03:04:05.678901+00:00");
  EXPECT_EQ(FormatRfc3339(worker.created_at), "2026-01-02T03:04:05.500+00:00");
  EXPECT_EQ(FormatRfc3339(worker.registered_at), "2026-01-02T03:04:05+00:00");
}

TEST_P(BadRowsContract, FilesComeBackAsTheyAreStored) {
  const std::string texts[] = {"", "{", "null", "{\"ranges\":7}", "\xff\xfe", "{} {}"};
  MemoryRows rows = {Revision(1), Table("blocks", 1)};
  for (const std::string& text : texts) {
    rows.push_back(File(1, "f" + std::to_string(rows.size()), text));
  }
  rows.back().columns["object_size"] = "-9223372036854775808";
  rows.back().columns["url"] = "no url";
  rows.push_back(File(99, "of nowhere", "{}"));
  MetadataStore& store = With(rows);
  const auto files = Must(Read(store)->ListFiles({1}));
  ASSERT_EQ(files.size(), std::size(texts));
  for (std::size_t i = 0; i < files.size(); ++i) EXPECT_EQ(files[i].metadata, texts[i]);
  EXPECT_EQ(files[0].object_size, std::nullopt);
  EXPECT_EQ(files.back().object_size, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(files.back().url, "no url");
  EXPECT_EQ(Must(Read(store)->ListFiles({99})).size(), 1U);
}

TEST_P(BadRowsContract, KeysThatLeadNowhereHarmNoOtherTable) {
  MetadataStore& store =
      With({Revision(1, 7), Revision(2, 8), Revision(3, 9), Revision(4), Job(8), Job(9),
            StatusOf(9, "PAUSED"), Table("a", 1), Table("b", 2), Table("c", 3), Table("d", 4),
            Table("e", 77), Table("f", std::nullopt), Table("g", 77, "other"), File(4, "f", "{}")});
  const auto rows = Must(Read(store)->ListTables(Version()));
  ASSERT_EQ(rows.size(), 6U);
  EXPECT_EQ(rows[0].writer, JobId{7});
  EXPECT_EQ(rows[0].writer_status, std::nullopt) << "no such job";
  EXPECT_EQ(rows[1].writer, JobId{8});
  EXPECT_EQ(rows[1].writer_status, std::nullopt) << "a job without a state";
  EXPECT_EQ(rows[2].writer_status, JobStatus::kUnknown);
  EXPECT_EQ(rows[3].path, "p4");
  EXPECT_EQ(rows[4].active_revision, LocationId{77});
  EXPECT_EQ(rows[4].path, std::nullopt) << "no such revision";
  EXPECT_EQ(rows[4].writer, std::nullopt);
  EXPECT_EQ(rows[4].revision_version, 0U);
  EXPECT_EQ(rows[5].active_revision, std::nullopt);
  for (const TableRow& row : rows) {
    EXPECT_EQ(Show(Must(Read(store)->GetTable(Version(), row.table_name)).value()), Show(row));
  }
  EXPECT_FALSE(Must(Read(store)->GetRevision({77})).has_value());
  EXPECT_EQ(Must(Read(store)->ListTablesWrittenBy({7})).size(), 1U);
  EXPECT_EQ(Must(Read(store)->ListRevisions({.is_active = true})).size(), 4U);
}

TEST_P(BadRowsContract, ATableWhoseRevisionIsNotThereIsAcquiredAnew) {
  MetadataStore& store = With({Worker("n"), Table("blocks", 77)});
  const JobId job = Must(store.ScheduleJob("n", {.version = Version(), .end_block = {}}, Soon()));
  const auto rows = Must(store.AcquireTables(Version(), {job}, {{"blocks", "new"}}, Soon()));
  EXPECT_EQ(rows.at(0).path, "new");
  EXPECT_NE(rows.at(0).active_revision, LocationId{77});
  EXPECT_EQ(rows.at(0).writer, job);
}

TEST_P(BadRowsContract, AVersionsJobsAreFoundAmongEventsOfAnyContent) {
  const auto of = [](const std::string& ns, const std::string& name, const std::string& hash) {
    return nlohmann::json{
        {"dataset_namespace", ns}, {"dataset_name", name}, {"manifest_hash", hash}}
        .dump();
  };
  MemoryRows rows;
  for (int job = 1; job <= 9; ++job) rows.insert(rows.end(), {Job(job), StatusOf(job, "RUNNING")});
  const MemoryRow events[] = {
      Event(1, 1, "{"),
      Event(2, 2, "7"),
      Event(3, 3, R"({"manifest_hash":7})"),
      Event(4, 4, std::nullopt),
      Event(5, 5, of("eth", "main", kHash), kTime, "RUNNING"),
      Event(6, 6, of("eth", "other", kHash)),
      Event(7, 7, of("eth", "main", std::string(64, 'A'))),
      Event(9, 8, of("eth", "main", kHash), "no time"),
      Event(8, 9, of("eth", "main", kHash)),
      Event(10, 1, R"(["manifest_hash"])"),
      Event(11, 99, of("eth", "main", kHash)),
      Event(12, 9, of("eth", "main", kHash)),
  };
  rows.insert(rows.end(), std::begin(events), std::end(events));
  std::vector<std::int64_t> found;
  for (const JobRow& row : Must(Read(With(rows))->ListJobsOfVersion(Version()))) {
    found.push_back(row.id.value);
  }
  EXPECT_THAT(found, testing::ElementsAre(9, 8));
}

TEST_P(BadRowsContract, RowsThatAreThereAtFirstHaveTheirIdsAndVersions) {
  MetadataStore& store = With({Worker("n"), Job(900), Revision(1000, 900), StatusOf(900, "STOPPED"),
                               File(1000, "b", "{}"), Table("blocks", 1000)});
  const auto before = Must(Read(store)->GetTable(Version(), "blocks")).value();
  EXPECT_EQ(before.revision_version, 3U) << "state, file, activation";
  EXPECT_GT(Must(store.RegisterRevision({Version(), "t", "new"}, Soon())).value, 1000);
  EXPECT_EQ(Must(store.RegisterRevision({Version(), "t", "p1000"}, Soon())).value, 1000);
  EXPECT_GT(Must(store.ScheduleJob("n", {.version = Version(), .end_block = {}}, Soon())).value,
            900);
  Must(store.DeleteJob({900}, Soon()));
  EXPECT_EQ(Must(Read(store)->GetTable(Version(), "blocks"))->revision_version, 4U);
}

}  // namespace tidemark::metadata_db
