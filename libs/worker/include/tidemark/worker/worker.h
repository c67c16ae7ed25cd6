// The worker: runs sync jobs, block by block from a provider into Parquet segments and committed
// rows. Here: job life, which blocks to write next, when to close a file, the commit. Not here: how
// blocks are fetched (providers), how files are encoded (parquet_io), what the rows mean (chain).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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
  std::string kind;  // "evm-rpc" is the one that it writes.
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

  /// Errors: kNotFound; kInvalidArgument, naming the kind, for a dataset that is not raw;
  /// kCorruption, kUnavailable.
  virtual Result<RawDataset> LoadRawDataset(const DatasetVersion& version, Deadline deadline) = 0;
  /// Errors: kNotFound if there is no provider for the network; kInvalidArgument, kUnavailable.
  virtual Result<std::unique_ptr<providers::BlockSource>> OpenBlockSource(
      std::string_view network) = 0;
};

struct WorkerOptions {
  std::string node_id = "solo";
  std::string info_json = "{}";  // Version and commit, for `workers.info`.

  std::chrono::milliseconds heartbeat_interval{1'000};
  std::chrono::milliseconds silence_limit{10'000};  // Jobs of nodes that nothing was heard of for
                                                    // so long are taken over.
  std::chrono::milliseconds job_poll_interval{
      200};                                        // How soon new jobs and stop requests are seen.
  std::chrono::milliseconds head_poll_min{100};    // How closely a block that is due is looked for,
  std::chrono::milliseconds head_poll_max{1'000};  // and how seldom one that is not, at most.

  std::uint64_t fetch_blocks = 100;               // Blocks asked of the source at once.
  std::uint64_t partition_min_blocks = 2'000;     // Of what a job's writers share out.
  std::uint64_t segment_max_bytes = 2ULL << 30U;  // A file is closed past any of these.
  std::uint64_t segment_max_rows = 100'000'000;
  std::uint64_t segment_max_blocks = 1'000'000;
  std::chrono::milliseconds segment_max_age{600'000};

  std::chrono::milliseconds retry_base{1'000};  // Back-off after a failure: doubled each time, with
  std::chrono::milliseconds retry_max{60'000};  // full jitter, up to this.

  // Compaction of small files: how often they are looked for (0: never), how many of the chain's
  // newest blocks are left alone, and how large a merged file may be. Its blocks are bounded by
  // segment_max_blocks. Off unless it is asked for, as in Amp.
  std::chrono::milliseconds compact_interval{0};
  std::uint64_t compact_margin_blocks = 1'024;
  std::uint64_t compact_max_bytes = 128ULL << 20U;
  std::chrono::milliseconds collect_delay{1'800'000};  // Until a merged file's parents may go.

  // Garbage collection: how often files are looked for whose time has come (0: never, and orphans
  // neither), and how long an object that no row names is left alone (0: for ever).
  std::chrono::milliseconds collect_interval{30'000};
  std::chrono::milliseconds orphan_grace{3'600'000};

  // Called once, on a thread of the worker's, when another process has registered under the node
  // id. The worker has stopped its jobs then, and does nothing more. Must not destroy the worker.
  std::function<void()> on_displaced = [] {};
};

/// Runs every job that the database assigns to its node, each on a thread of its own, and takes
/// over the jobs of nodes that are gone. What it does for a job is bound to the attempt that it was
/// given: once the job is scheduled anew, here or elsewhere, the database refuses the rest.
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
  /// again. Jobs are handed over to other workers, where there are any; else they stay RUNNING in
  /// the database and go on at the next start. Blocks until all threads have ended: well under two
  /// seconds unless the disk stalls. May be called twice.
  void Stop();

 private:
  struct Impl;
  explicit Worker(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::worker
