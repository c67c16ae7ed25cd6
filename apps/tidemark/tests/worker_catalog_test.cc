// The program's own worker with stored manifests of every kind.
#include "worker_catalog.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/object_store/local_store.h"
#include "tidemark/worker/worker.h"

namespace tidemark::app {
namespace {

using testing::HasSubstr;

const Deadline kNever = Deadline::Never();

class WorkerCatalogTest : public testing::Test {
 protected:
  WorkerCatalogTest() {
    SetLogLevel(LogLevel::kOff);
    std::filesystem::create_directories(folder_);
    files_ = *object_store::OpenLocalStore(folder_);
    datasets_ = dataset_store::MakeDatasetStore(*metadata_, *files_);
    providers_ = dataset_store::MakeProviderRegistry(*files_);
    catalog_ = MakeWorkerCatalog(*datasets_, *providers_);
  }
  ~WorkerCatalogTest() override {
    SetLogLevel(LogLevel::kInfo);
    std::error_code ignored;  // What is left behind is in the temporary folder.
    std::filesystem::remove_all(folder_, ignored);
  }

  DatasetVersion Register(const std::string& manifest_json) {
    const auto manifest = dataset_store::ParseManifest(manifest_json);
    EXPECT_TRUE(manifest) << manifest.error().message;
    const auto dataset = datasets_->Register({"eth", "main"}, *manifest, std::nullopt, kNever);
    EXPECT_TRUE(dataset) << dataset.error().message;
    return dataset->version;
  }

  const std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / MakeUuidV7(SystemClock().Now());
  std::unique_ptr<metadata_db::MetadataStore> metadata_ =
      metadata_db::MakeMemoryStore(SystemClock());
  std::unique_ptr<object_store::ObjectStore> files_;
  std::unique_ptr<dataset_store::DatasetStore> datasets_;
  std::unique_ptr<dataset_store::ProviderRegistry> providers_;
  std::unique_ptr<worker::Catalog> catalog_;
};

TEST_F(WorkerCatalogTest, ARawDatasetIsWhatItsManifestSays) {
  const auto version = Register(R"({"kind":"solana","network":"n","start_block":7,)"
                                R"("finalized_blocks_only":true})");
  const auto dataset = catalog_->LoadRawDataset(version, kNever);
  ASSERT_TRUE(dataset) << dataset.error().message;
  EXPECT_EQ(dataset->kind, "solana");
  EXPECT_EQ(dataset->network, "n");
  EXPECT_EQ(dataset->start_block, BlockNumber{7});
  EXPECT_TRUE(dataset->finalized_blocks_only);
}

TEST_F(WorkerCatalogTest, WhatIsNotRawIsRefusedByItsKind) {
  for (const std::string kind : {"manifest", "static"}) {
    const auto version = Register(R"({"kind":")" + kind + "\"}");
    const auto dataset = catalog_->LoadRawDataset(version, kNever);
    ASSERT_FALSE(dataset);
    EXPECT_EQ(dataset.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(dataset.error().message, HasSubstr("a dataset of kind " + kind));
  }
}

TEST_F(WorkerCatalogTest, AJobForADatasetOfAnotherKindEndsFatalAndNamesTheKind) {
  struct Case {
    std::string manifest;
    JobKind job;
    std::string code;
    std::string message;
  };
  worker::WorkerOptions options;
  options.job_poll_interval = std::chrono::milliseconds(1);
  ASSERT_TRUE(metadata_->RegisterWorker(options.node_id, "{}", kNever));
  const auto worker = worker::Worker::Start(options, *metadata_, *files_, *catalog_, SystemClock());
  ASSERT_TRUE(worker) << worker.error().message;
  for (const auto& [manifest, kind, code, message] :
       {Case{R"({"kind":"manifest"})", JobKind::kMaterializeDerived, "NOT_A_RAW_DATASET",
             "eth/main is a dataset of kind manifest"},
        Case{R"({"kind":"solana","network":"n"})", JobKind::kMaterializeRaw,
             "CREATE_BLOCK_STREAM_CLIENT", "eth/main is a raw dataset of kind solana"}}) {
    const auto job = metadata_->ScheduleJob(
        options.node_id, {.version = Register(manifest), .end_block = {}, .kind = kind}, kNever);
    ASSERT_TRUE(job) << job.error().message;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    const auto fatal_detail = [&]() -> std::string {
      const auto events = (*metadata_->OpenReader(kNever))->ListJobEvents(*job);
      return events->back().event_type == "FATAL" ? events->back().detail.value_or("") : "";
    };
    while (fatal_detail().empty() && std::chrono::steady_clock::now() < until) {
      std::this_thread::yield();
    }
    EXPECT_THAT(fatal_detail(), HasSubstr(R"("error_code":")" + code + "\""));
    EXPECT_THAT(fatal_detail(), HasSubstr(message));
  }
}

}  // namespace
}  // namespace tidemark::app
