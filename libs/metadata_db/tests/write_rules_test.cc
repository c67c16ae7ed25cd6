// What the contract cannot reach through a store: rows that no store of ours writes.
#include "tidemark/metadata_db/write_rules.h"

#include <gmock/gmock.h>

#include "metadata_dump.h"

namespace tidemark::metadata_db {
namespace {

using testing::HasSubstr;

TagRow Tag(const char* version) {
  return {.dataset = {}, .version = version, .hash = {}, .created_at = {}, .updated_at = {}};
}

JobRow Job(JobStatus status, std::optional<std::string> descriptor) {
  return {.id = {7},
          .node_id = "node",
          .status = status,
          .created_at = {},
          .updated_at = {},
          .descriptor = std::move(descriptor)};
}

JobDescriptor Wanted() {
  return {.version = {.dataset = {.ns = "eth", .name = "main"},
                      .manifest_hash = {std::string(64, 'a')}},
          .end_block = {}};
}

TEST(WriteRulesTest, TagsThatAreNoVersionsDoNotHoldLatestBack) {
  const auto one = Must(SemanticVersion::Parse("1.0.0"));
  EXPECT_TRUE(BecomesLatest(one, {}));
  EXPECT_TRUE(BecomesLatest(one, {Tag("latest"), Tag("dev"), Tag("v2.0.0"), Tag(""), Tag("2")}));
  EXPECT_FALSE(BecomesLatest(one, {Tag("latest"), Tag("1.0.1-alpha")}));
}

TEST(WriteRulesTest, AnActiveJobWhoseDescriptorCannotBeReadIsCorruption) {
  for (const JobStatus status : {JobStatus::kScheduled, JobStatus::kRunning}) {
    const auto broken = DecideSchedule(Job(status, "{"), Wanted());
    ASSERT_EQ(CodeOf(broken), "corruption");
    EXPECT_THAT(broken.error().message, HasSubstr("job 7"));
    EXPECT_EQ(CodeOf(DecideSchedule(Job(status, std::nullopt), Wanted())), "corruption");
  }
}

TEST(WriteRulesTest, DescriptorsAreComparedAsValuesNotAsTexts) {
  // As a jsonb column returns it: keys reordered, blanks added.
  const std::string stored = R"({"kind": "materialize-raw", "verify": false, "end_block": null, )"
                             R"("max_writers": 1, "dataset_name": "main", )"
                             R"("dataset_namespace": "eth", "manifest_hash": ")" +
                             std::string(64, 'a') + R"("})";
  EXPECT_EQ(Must(DecideSchedule(Job(JobStatus::kRunning, stored), Wanted())),
            Outcome::kNothingToDo);
}

TEST(WriteRulesTest, AJobInAnUnknownStateMayBeScheduledAndNothingElse) {
  EXPECT_EQ(Must(DecideSchedule(Job(JobStatus::kUnknown, std::nullopt), Wanted())),
            Outcome::kWrite);
  using enum JobTransition;
  for (const JobTransition transition : {kStart, kRequestStop, kBeginStop, kFinishStop, kComplete,
                                         kFail, kFailForGood, kRetry, kRestart}) {
    const auto decided =
        DecideTransition({{7}}, transition, Job(JobStatus::kUnknown, std::nullopt));
    ASSERT_EQ(CodeOf(decided), "conflict");
    EXPECT_EQ(decided.error().message,
              "job 7 is UNKNOWN: cannot " + std::string(ToString(transition)));
  }
}

TEST(WriteRulesTest, AWriterInAnUnknownOrAbsentStateKeepsItsTables) {
  EXPECT_EQ(CodeOf(CheckAcquire({1}, "p", {.id = {}, .status = {}})), "ok");
  EXPECT_EQ(CodeOf(CheckAcquire({1}, "p", {.id = JobId{2}, .status = JobStatus::kUnknown})),
            "conflict");
  const auto absent = CheckAcquire({1}, "p", {.id = JobId{2}, .status = {}});
  ASSERT_EQ(CodeOf(absent), "conflict");
  EXPECT_THAT(absent.error().message, HasSubstr("job 2"));
}

TEST(WriteRulesTest, AFileOfUnknownOrNegativeSizeIsNotTheSameFile) {
  const NewFile file{.location_id = {1},
                     .file_name = "f",
                     .metadata = "{}",
                     .object_size = 18446744073709551615U,
                     .url = {},
                     .footer = {}};
  EXPECT_EQ(CodeOf(CheckSameFile(file, "{}", std::nullopt)), "conflict");
  EXPECT_EQ(CodeOf(CheckSameFile(file, "{}", -1)), "conflict");
}

TEST(WriteRulesTest, ARetryWithoutADescriptorIsCorruption) {
  EXPECT_EQ(CodeOf(DetailAfter(JobTransition::kRetry, Job(JobStatus::kError, std::nullopt), {})),
            "corruption");
}

TEST(WriteRulesTest, TheMetadataOfARevisionIsJsonWhateverTheNames) {
  const DatasetVersion version{.dataset = {.ns = "a\"b", .name = "c\\"}, .manifest_hash = {"h"}};
  EXPECT_EQ(RevisionMetadata(version, "t"),
            R"({"dataset_namespace":"a\"b","dataset_name":"c\\","manifest_hash":"h",)"
            R"("table_name":"t"})");
}

}  // namespace
}  // namespace tidemark::metadata_db
