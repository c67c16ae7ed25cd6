#include <gmock/gmock.h>

#include "api_fixture.h"
#include "known_revisions.h"

namespace tidemark::admin_api {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kBlocks = R"({"table_name":"blocks","dataset":"eth/mainnet@1.0.0"})";

/// The API over revisions that answer what a test says.
class RevisionsTest : public ApiFixture {
 protected:
  RevisionsTest() {
    Services services = MakeServices();
    router_ = MakeRouter({.data = services.data,
                          .jobs = services.jobs,
                          .datasets = services.datasets,
                          .providers = services.providers,
                          .revisions = known_,
                          .heads = services.heads});
    RegisterEth();
  }
  KnownRevisions known_;
};

TEST_F(RevisionsTest, ARevisionWithoutAWriterDoesNotMentionOne) {
  EXPECT_EQ(Get("/revisions/7").error_code(), "REVISION_NOT_FOUND");
  known_.revision = data_store::Revision{LocationId{7}, "mainnet/blocks/u", true, JobId{3},
                                         R"({ "dataset_name" : "mainnet" })"};
  EXPECT_EQ(Get("/revisions/7").text,
            R"({"id":7,"path":"mainnet/blocks/u","active":true,"writer":3,)"
            R"("metadata":{"dataset_name":"mainnet"}})");
  known_.revision->writer = std::nullopt;
  known_.revision->metadata = "[";
  EXPECT_EQ(Get("/revisions/7").text,
            R"({"id":7,"path":"mainnet/blocks/u","active":true,"metadata":null})");
  EXPECT_EQ(Get("/revisions").text, "[" + Get("/revisions/7").text + "]");
}

TEST_F(RevisionsTest, TheListIsOfAHundredUnlessToldOtherwise) {
  EXPECT_EQ(Get("/revisions").text, "[]");
  Get("/revisions?active=true&limit=1");
  Get("/revisions?active=false&limit=10000");
  EXPECT_THAT(known_.calls, ElementsAre("list any 100", "list true 1", "list false 10000"));
}

TEST_F(RevisionsTest, ATableIsNamedAsAmpNamesIt) {
  for (const std::string dataset :
       {"eth/mainnet@1.0.0", "eth/mainnet", "pkg:amp/eth/mainnet@dev"}) {
    EXPECT_EQ(
        Post("/revisions/9/activate", R"({"table_name":"blocks","dataset":")" + dataset + R"("})")
            .status,
        200)
        << dataset;
  }
  EXPECT_THAT(known_.calls, testing::Each("activate eth/mainnet.blocks 9"));
  EXPECT_EQ(known_.calls.size(), 3U);
}

TEST_F(RevisionsTest, RegisteringAnswersTheId) {
  const Answer answer =
      Post("/revisions", R"({"table_name":"blocks","dataset":"eth/mainnet@1.0.0","path":"a/b/c"})");
  EXPECT_EQ(answer.text, R"({"location_id":7})");
  EXPECT_THAT(known_.calls, ElementsAre("register eth/mainnet.blocks a/b/c"));
  known_.failure = Error{ErrorCode::kInvalidArgument, "'../x' is no path"};
  EXPECT_EQ(Post("/revisions", R"({"table_name":"blocks","dataset":"eth/mainnet","path":"../x"})")
                .error_code(),
            "INVALID_BODY");
}

TEST_F(RevisionsTest, PruningSaysHowManyFilesAndWhen) {
  EXPECT_EQ(Delete("/revisions/9/prune").text, R"({"files_scheduled":3,"gc_delay_secs":3600})");
  EXPECT_EQ(Delete("/revisions/9/prune?before_block=18446744073709551615&gc_delay_secs=0").text,
            R"({"files_scheduled":3,"gc_delay_secs":0})");
  EXPECT_THAT(known_.calls, ElementsAre("prune 9 before any after 3600000 ms",
                                        "prune 9 before 18446744073709551615 after 0 ms"));
  for (const char* const query : {"before_block=-1", "before_block=x", "gc_delay_secs=1.5",
                                  "gc_delay_secs=31536001", "before_block=18446744073709551616"}) {
    EXPECT_EQ(Delete(std::string("/revisions/9/prune?") + query).error_code(),
              "INVALID_QUERY_PARAMETERS")
        << query;
  }
  EXPECT_EQ(Delete("/revisions/-1/prune").error_code(), "INVALID_PATH_PARAMETERS");
  EXPECT_EQ(known_.calls.size(), 2U);
  known_.failure = Error{ErrorCode::kNotFound, "no revision 9"};
  EXPECT_EQ(Delete("/revisions/9/prune").error_code(), "REVISION_NOT_FOUND");
  known_.failure = Error{ErrorCode::kConflict, "job 7, which is RUNNING, writes location 9"};
  const Answer refused = Delete("/revisions/9/prune");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.error_code(), "WRITER_JOB_NOT_TERMINAL");
}

TEST_F(RevisionsTest, WhatIsNotThereIsNamed) {
  const auto activate = [&](const std::string& table, const std::string& dataset) {
    return Post("/revisions/9/activate",
                R"({"table_name":")" + table + R"(","dataset":")" + dataset + R"("})")
        .error_code();
  };
  EXPECT_EQ(activate("blobs", "eth/mainnet"), "TABLE_NOT_IN_MANIFEST");
  EXPECT_EQ(activate("Blocks", "eth/mainnet"), "TABLE_NOT_IN_MANIFEST");
  EXPECT_EQ(activate("blocks", "eth/other"), "DATASET_NOT_FOUND");
  EXPECT_EQ(activate("blocks", "eth/mainnet@9.9.9"), "DATASET_NOT_FOUND");
  EXPECT_EQ(activate("blocks", "Eth/mainnet"), "INVALID_BODY");
  EXPECT_EQ(activate("blocks", "eth/mainnet@x"), "INVALID_BODY");
  EXPECT_EQ(activate("", "eth/mainnet"), "INVALID_BODY");
  EXPECT_THAT(known_.calls, IsEmpty());
  known_.failure = Error{ErrorCode::kNotFound, "no such row"};
  EXPECT_EQ(activate("blocks", "eth/mainnet"), "REVISION_NOT_FOUND");
  EXPECT_EQ(Post("/revisions/deactivate", kBlocks).error_code(), "TABLE_NOT_REGISTERED");
}

TEST_F(RevisionsTest, DeactivatingAnswersNothing) {
  const Answer answer = Post("/revisions/deactivate", kBlocks);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.text, "");
  EXPECT_THAT(known_.calls, ElementsAre("deactivate eth/mainnet.blocks"));
}

TEST_F(RevisionsTest, ARestoreTellsWhatItLeftOut) {
  known_.files = {.total_files = 3,
                  .added_files = 2,
                  .unreadable_count = 70,
                  .unreadable = {{"t/\xFF.parquet", "the magic is missing"}}};
  const std::string files =
      R"("total_files":3,"added_files":2,"unreadable_count":70,)"
      "\"unreadable\":[{\"path\":\"t/\uFFFD.parquet\",\"reason\":\"the magic is missing\"}]";
  EXPECT_EQ(Post("/revisions/7/restore", "").text, "{" + files + "}");
  EXPECT_EQ(Post("/datasets/eth/mainnet/versions/dev/tables/logs/restore", "").text,
            R"({"table_name":"logs","location_id":7,"url":"file:///lake/t/",)" + files + "}");
  const Answer all = Post("/datasets/eth/mainnet/versions/dev/restore", "");
  EXPECT_EQ(all.status, 202);
  EXPECT_EQ(all.body.at("tables").size(), 3U);
  EXPECT_THAT(known_.calls, ElementsAre("restore 7", "restore eth/mainnet.logs newest",
                                        "restore eth/mainnet.blocks newest",
                                        "restore eth/mainnet.transactions newest",
                                        "restore eth/mainnet.logs newest"));
}

TEST_F(RevisionsTest, ARestoreOfATableMayPickItsRevision) {
  const std::string target = "/datasets/eth/mainnet/versions/dev/tables/logs/restore";
  EXPECT_EQ(Post(target, R"({"location_id":9223372036854775807})").status, 200);
  EXPECT_EQ(Post(target, R"({"location_id":null})").status, 200);
  EXPECT_THAT(known_.calls, ElementsAre("restore eth/mainnet.logs 9223372036854775807",
                                        "restore eth/mainnet.logs newest"));
  known_.failure = Error{ErrorCode::kNotFound, "storage has no revision of table logs"};
  EXPECT_EQ(Post(target, "").error_code(), "TABLE_NOT_FOUND");
  EXPECT_EQ(Post(target, R"({"location_id":5})").error_code(), "REVISION_NOT_FOUND");
  const Answer all = Post("/datasets/eth/mainnet/versions/dev/restore", "");
  EXPECT_EQ(all.error_code(), "TABLE_NOT_FOUND");
  EXPECT_EQ(all.body.at("detail"), "storage has no revision of table logs");
}

TEST_F(RevisionsTest, AFileIsShownAsItIsStored) {
  EXPECT_EQ(Get("/files/1").error_code(), "FILE_NOT_FOUND");
  known_.file =
      data_store::StoredFile{.id = FileId{1},
                             .location_id = LocationId{2},
                             .file_name = "a.parquet",
                             .url = "not a url",
                             .object_size = -5,
                             .object_e_tag = std::nullopt,
                             .object_version = "v1",
                             .metadata = R"({ "n" : 9.0, "big" : 1844674407370955161600 })"};
  EXPECT_EQ(Get("/files/1").text,
            R"({"id":1,"location_id":2,"file_name":"a.parquet","url":"not a url","object_size":-5,)"
            R"("object_version":"v1","metadata":{"n":9.0,"big":1844674407370955161600}})");
  known_.file->metadata = "[1, 2]";
  EXPECT_EQ(Get("/files/1").body.at("metadata").dump(), "[1,2]");
  for (const std::string text : {"", "{", "{\"a\":1}}", "{\"a\":01}"}) {
    known_.file->metadata = text;
    const auto body = Get("/files/1").body;
    EXPECT_TRUE(body.at("metadata").is_null()) << text;
    EXPECT_EQ(body.at("metadata_text"), text);
  }
}

}  // namespace
}  // namespace tidemark::admin_api
