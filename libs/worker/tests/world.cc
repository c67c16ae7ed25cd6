#include "world.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tidemark/chain/canonical_chain.h"

namespace tidemark::worker {
namespace {

// Blocking calls of the tests' own never have to wait: everything is in memory.
Deadline Soon() { return Deadline::After(std::chrono::seconds(30)); }

}  // namespace

Result<RawDataset> FakeCatalog::LoadRawDataset(const DatasetVersion& /*version*/,
                                               Deadline /*deadline*/) {
  if (throws) throw std::runtime_error("thrown by the catalog");
  if (auto error = faults.Count("LoadRawDataset")) return std::unexpected(*std::move(error));
  return RawDataset{.kind = kind, .network = "testnet", .start_block = start_block};
}

Result<std::unique_ptr<providers::BlockSource>> FakeCatalog::OpenBlockSource(
    std::string_view network) {
  EXPECT_EQ(network, "testnet");
  return chain_.OpenSource();
}

std::vector<Segment> ToSegments(const std::vector<StoredSegment>& stored) {
  std::vector<Segment> segments;
  for (const StoredSegment& each : stored) {
    segments.push_back({.file_id = each.file.id,
                        .created_at = each.metadata.created_at,
                        .size_bytes = 0,
                        .ranges = each.metadata.ranges});
  }
  return segments;
}

DatasetVersion MakeVersion(const std::string& name) {
  return {.dataset = {.ns = "eth", .name = name}, .manifest_hash = HashManifest(name)};
}

EndBlock End(const std::string& text) { return *ParseEndBlock(text); }

World::World() : database(metadata_db::MakeMemoryStore(clock)), metadata(*database, signal) {
  using std::chrono::milliseconds;
  options.node_id = "node";
  options.heartbeat_interval = milliseconds(5);
  options.job_poll_interval = milliseconds(3);
  options.head_poll_min = milliseconds(1);
  options.head_poll_max = milliseconds(5);
  options.fetch_blocks = 7;
  options.retry_base = milliseconds(1);
  options.retry_max = milliseconds(4);
  options.collect_interval = milliseconds(0);
}

void World::StartWorker() {
  auto worker = Worker::Start(options, metadata, objects, catalog, clock);
  ASSERT_TRUE(worker) << worker.error().message;
  worker_ = *std::move(worker);
}

JobId World::Deploy(const EndBlock& end, const std::string& name) {
  return DeployJob({.version = MakeVersion(name), .end_block = end});
}

JobId World::DeployJob(const JobDescriptor& descriptor) {
  const DatasetVersion& version = descriptor.version;
  // A second registration would take the node away from a worker that runs.
  if (!worker_) {
    EXPECT_TRUE(database->RegisterWorker(options.node_id, "{}", Soon()));
  }
  EXPECT_TRUE(database->RegisterManifest(
      {.hash = version.manifest_hash, .path = version.manifest_hash.hex, .kind = "evm-rpc"},
      Soon()));
  EXPECT_TRUE(database->LinkManifest(version, Soon()));
  const auto job = database->ScheduleJob(options.node_id, descriptor, Soon());
  if (!job) {
    ADD_FAILURE() << job.error().message;
    return {};
  }
  return *job;
}

JobId World::FollowChain(std::uint64_t blocks) {
  chain.Extend(blocks);
  const JobId job = Deploy({});
  StartWorker();
  WaitForHead();
  return job;
}

void World::RequestStop(JobId job) {
  ASSERT_TRUE(database->TransitionJob({job}, metadata_db::JobTransition::kRequestStop, std::nullopt,
                                      Soon()));
}

metadata_db::JobRow World::Job(JobId job) {
  return (*(*database->OpenReader(Soon()))->GetJob(job)).value();
}

void World::WaitForStatus(JobId job, JobStatus status) {
  ASSERT_TRUE(signal.WaitUntil([&] { return Job(job).status == status; }))
      << "job is " << ToString(Job(job).status) << ", not " << ToString(status) << ": "
      << EventDetail(job, JobStatus::kFatal) << EventDetail(job, JobStatus::kError);
}

void World::WaitForHead(const std::string& name) {
  const auto difference = [&]() -> std::optional<std::string> {
    const auto head = chain.Head();
    for (const EvmTable table : kEvmTables) {
      auto found = FindDifference(std::string(ToString(table)), name, head->number.value);
      if (found) return found;
    }
    return std::nullopt;
  };
  ASSERT_TRUE(signal.WaitUntil([&] { return !difference(); })) << *difference();
}

void World::WaitForSourceCalls(std::uint64_t count) {
  const std::uint64_t before = chain.source_faults.calls();
  ASSERT_TRUE(signal.WaitUntil([&] { return chain.source_faults.calls() >= before + count; }));
}

std::vector<metadata_db::JobEventRow> World::Events(JobId job) {
  return *(*database->OpenReader(Soon()))->ListJobEvents(job);
}

std::string World::EventDetail(JobId job, JobStatus type) {
  std::string detail;
  for (const auto& event : Events(job)) {
    if (event.event_type == ToString(type)) detail = event.detail.value_or("");
  }
  return detail;
}

std::vector<std::string> World::EventTypes(JobId job) {
  std::vector<std::string> types;
  for (const auto& event : Events(job)) {
    types.push_back(event.event_type);
  }
  return types;
}

std::vector<StoredSegment> World::Segments(const std::string& table, const std::string& name) {
  std::vector<StoredSegment> stored;
  const auto reader = *database->OpenReader(Soon());
  const auto row = *reader->GetTable(MakeVersion(name), table);
  if (!row || !row->active_revision) return stored;
  const auto files = *reader->ListFiles(*row->active_revision);
  for (const metadata_db::FileRow& file : files) {
    auto metadata_of_file = *ParseSegmentMetadata(file.metadata);
    stored.push_back({.file = file, .metadata = std::move(metadata_of_file)});
  }
  return stored;
}

std::optional<std::uint64_t> World::CanonicalEnd(const std::string& table,
                                                 const std::string& name) {
  const auto segments = ToSegments(Segments(table, name));
  const auto chains = chain::FindChains(segments);
  if (chains.canonical.empty()) return std::nullopt;
  return chains.canonical.back()->ranges.front().blocks.last().value;
}

std::optional<std::string> World::FindDifference(const std::string& table, const std::string& name,
                                                 std::uint64_t last) {
  const auto stored = Segments(table, name);
  const auto segments = ToSegments(stored);
  std::uint64_t next = catalog.start_block.value;
  for (const Segment* segment : chain::FindChains(segments).canonical) {
    const NetworkRange& range = segment->ranges.front();
    const auto tip = chain.BlockAt(range.blocks.last().value);
    if (range.blocks.first().value != next) {
      return fmt::format("{}: block {} expected, {} found", table, next,
                         range.blocks.first().value);
    }
    if (!tip || tip->hash != range.hash) {
      return fmt::format("{}: block {} is not the chain's", table, range.blocks.last().value);
    }
    next = range.blocks.last().value + 1;
  }
  if (next != last + 1) return fmt::format("{}: ends before {}, not at {}", table, next, last);
  return std::nullopt;
}

void World::ExpectSynced(std::uint64_t last, const std::string& name) {
  const auto reader = *database->OpenReader(Soon());
  for (const EvmTable each : kEvmTables) {
    const std::string table(ToString(each));
    EXPECT_EQ(FindDifference(table, name, last), std::nullopt);
    const auto row = (*reader->GetTable(MakeVersion(name), table)).value();
    for (const StoredSegment& segment : Segments(table, name)) {
      const auto bytes = objects.Read(*row.path + "/" + segment.file.file_name, UINT64_MAX);
      if (!bytes) {
        // Whoever collects garbage removes the row, then the object.
        const auto has_name = [&](const StoredSegment& other) {
          return other.file.file_name == segment.file.file_name;
        };
        EXPECT_TRUE(std::ranges::none_of(Segments(table, name), has_name)) << bytes.error().message;
        continue;
      }
      EXPECT_EQ(static_cast<std::int64_t>(bytes->size()), segment.file.object_size);
      EXPECT_TRUE(bytes->contains(segment.file.metadata)) << segment.file.metadata;
    }
  }
}

}  // namespace tidemark::worker
