// The worker: runs sync jobs, block by block from a provider into Parquet segments and committed
// rows. Here: job life, which blocks to write next, when to close a file, the commit. Not here: how
// blocks are fetched (providers), how files are encoded (parquet_io), what the rows mean (chain).
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {
class MetadataStore;
}
namespace tidemark::object_store {
class ObjectStore;
}
namespace tidemark::providers {
class BlockSource;
}

namespace tidemark::worker {

/// What a worker must know of a raw dataset.
struct RawDataset {
  std::string network;
  BlockNumber start_block;
  bool finalized_blocks_only = false;
};

/// Where a worker learns about datasets and providers. Thread-safe.
class Catalog {
 public:
  Catalog() = default;
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;
  virtual ~Catalog() = default;

  /// Errors: kNotFound; kInvalidArgument for a kind that this worker does not write; kCorruption,
  /// kUnavailable.
  virtual Result<RawDataset> LoadRawDataset(const DatasetVersion& version, Deadline deadline) = 0;
  /// Errors: kNotFound if there is no provider for the network; kInvalidArgument, kUnavailable.
  virtual Result<std::unique_ptr<providers::BlockSource>> OpenBlockSource(
      std::string_view network) = 0;
};

struct WorkerOptions {
  std::string node_id = "solo";
  std::string info_json = "{}";  // Version and commit, for `workers.info`.

  std::chrono::milliseconds heartbeat_interval{1'000};
  std::chrono::milliseconds job_poll_interval{
      200};                                        // How soon new jobs and stop requests are seen.
  std::chrono::milliseconds head_poll_min{100};    // At the chain head, a fifth of the measured
  std::chrono::milliseconds head_poll_max{1'000};  // block interval within these bounds.

  std::uint64_t fetch_blocks = 100;               // Blocks asked of the source at once.
  std::uint64_t segment_max_bytes = 2ULL << 30U;  // A file is closed past any of these.
  std::uint64_t segment_max_blocks = 1'000'000;
  std::chrono::milliseconds segment_max_age{600'000};

  std::chrono::milliseconds retry_base{1'000};  // Back-off after a failure: doubled each time, with
  std::chrono::milliseconds retry_max{60'000};  // full jitter, up to this.
};

/// Runs every job that the database assigns to its node, each on a thread of its own.
class Worker {
 public:
  /// Registers the node and begins. Everything referred to must outlive the worker.
  /// Errors: kUnavailable if the database does not answer.
  static Result<std::unique_ptr<Worker>> Start(const WorkerOptions& options,
                                               metadata_db::MetadataStore& metadata,
                                               object_store::ObjectStore& data, Catalog& catalog,
                                               const Clock& clock);

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// Stops as Stop does.
  ~Worker();

  /// Interrupts every job where it is; files under way are dropped, their blocks will be fetched
  /// again. The jobs stay RUNNING in the database and go on at the next start. Blocks until all
  /// threads have ended: well under two seconds unless the disk stalls. May be called twice.
  void Stop();

 private:
  struct Impl;
  explicit Worker(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::worker
