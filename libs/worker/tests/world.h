// Everything around a worker, for tests: a chain, a database, an object store, a clock.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fake_chain.h"
#include "faulty_metadata.h"
#include "memory_objects.h"
#include "signal.h"
#include "tidemark/base/clock.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/model/job.h"
#include "tidemark/model/segment.h"
#include "tidemark/worker/worker.h"

namespace tidemark::worker {

/// The machine's clock, with the world's time moved by a test.
class TestClock final : public Clock {
 public:
  UtcTime Now() const override { return SystemClock().Now() + offset_.load(); }
  SteadyTime SteadyNow() const override { return SystemClock().SteadyNow(); }
  void Jump(std::chrono::nanoseconds by) { offset_ = offset_.load() + by; }

 private:
  std::atomic<std::chrono::nanoseconds> offset_{std::chrono::nanoseconds(0)};
};

/// Knows one network, "testnet", and any dataset version.
class FakeCatalog final : public Catalog {
 public:
  explicit FakeCatalog(FakeChain& chain, Signal& signal) : faults(signal), chain_(chain) {}

  Result<RawDataset> LoadRawDataset(const DatasetVersion& version, Deadline deadline) override;
  Result<std::unique_ptr<providers::BlockSource>> OpenBlockSource(
      std::string_view network) override;

  std::string kind = "evm-rpc";  // Set before the worker starts.
  BlockNumber start_block;
  std::atomic<bool> throws = false;
  Faults faults;

 private:
  FakeChain& chain_;
};

/// A committed segment with its row.
struct StoredSegment {
  metadata_db::FileRow file;
  SegmentMetadata metadata;
};

/// As the chain's rules see them.
std::vector<Segment> ToSegments(const std::vector<StoredSegment>& stored);

/// A dataset "eth/<name>"; the same name is the same version.
DatasetVersion MakeVersion(const std::string& name);
/// "N", "-N" or "latest".
EndBlock End(const std::string& text);

class World {
 public:
  World();

  void StartWorker();
  /// Destroys the worker, if there is one.
  void StopWorker() { worker_.reset(); }

  /// Registers the node too, so that the worker may start later.
  JobId Deploy(const EndBlock& end, const std::string& name = "main");
  JobId DeployJob(const JobDescriptor& descriptor);
  /// Makes the chain longer by `blocks`, deploys "main" without an end, starts the worker and waits
  /// until it has them all.
  JobId FollowChain(std::uint64_t blocks);
  void RequestStop(JobId job);

  metadata_db::JobRow Job(JobId job);
  /// Waits for it; fails the test if it does not come.
  void WaitForStatus(JobId job, JobStatus status);
  /// Waits until the table's canonical chain is the chain of the source, up to its head.
  void WaitForHead(const std::string& name = "main");
  /// Waits until `count` more calls of the source have been made.
  void WaitForSourceCalls(std::uint64_t count);
  /// JSON detail of the newest event of that type; "" if there is none.
  std::string EventDetail(JobId job, JobStatus type);
  std::vector<std::string> EventTypes(JobId job);

  /// In the order of their ids.
  std::vector<StoredSegment> Segments(const std::string& table, const std::string& name = "main");
  /// Last block of the canonical chain, or nothing.
  std::optional<std::uint64_t> CanonicalEnd(const std::string& table,
                                            const std::string& name = "main");

  /// Fails the test unless the canonical chain of each table is the chain of the source from the
  /// start block to `last`, each block once, and each row has its object, which says the same of
  /// itself as the row.
  void ExpectSynced(std::uint64_t last, const std::string& name = "main");

  Signal signal;
  TestClock clock;
  FakeChain chain{signal};
  FakeCatalog catalog{chain, signal};
  MemoryObjects objects{signal};
  std::unique_ptr<metadata_db::MetadataStore> database;  // Never fails.
  FaultyMetadata metadata;                               // What the worker sees of it.
  WorkerOptions options;

 private:
  std::vector<metadata_db::JobEventRow> Events(JobId job);
  /// How the table's canonical chain differs from the chain of the source up to `last`.
  std::optional<std::string> FindDifference(const std::string& table, const std::string& name,
                                            std::uint64_t last);

  std::unique_ptr<Worker> worker_;
};

}  // namespace tidemark::worker
