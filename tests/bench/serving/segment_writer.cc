// Writes the rows of segments without their files, through the MetadataStore, as a worker does.
//
// usage: segment_writer DATABASE NAMESPACE/NAME@HASH fill FIRST LAST TABLE...
//        segment_writer DATABASE NAMESPACE/NAME@HASH commit FIRST RATE SECONDS PORT PATH TABLE...
//
// Segment N of a table is block N alone. "fill" gives each table the segments FIRST to LAST, many
// in a transaction; with FIRST 1 it gets a new revision. "commit" adds RATE segments a second, one
// a transaction, to the tables in turns, each beginning at FIRST; unless PORT is 0, it asks the
// server there for PATH after each commit, and fails unless that very answer has the block.
// It prints as JSON what was committed, and the latencies.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "client.h"
#include "program.h"
#include "tidemark/base/sha256.h"
#include "tidemark/base/text.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/model/segment.h"

namespace tidemark {
namespace {

using programs::Client;
using programs::Fail;
using programs::Must;
using programs::NumberOf;
using programs::OpenStore;
using programs::Soon;
using programs::VersionOf;

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::string_view kNode = "segment-writer";
constexpr std::uint64_t kFilledAtOnce = 5'000;

/// As sides.py has it in SQL.
BlockHash HashOf(std::uint64_t block) {
  BlockHash hash{};
  if (!ParseHex(Sha256Hex(std::to_string(block)), hash.bytes)) Fail("cannot make a hash");
  return hash;
}

metadata_db::NewFile FileOf(const std::string& table, LocationId location, std::uint64_t block) {
  const std::string name = fmt::format("{:09}.parquet", block);
  const NetworkRange range{.network = "mainnet",
                           .blocks = BlockRange::Make({block}, {block}).value(),
                           .hash = HashOf(block),
                           .prev_hash = HashOf(block - 1),
                           .timestamp_s = 1'700'000'000 + block};
  return {.location_id = location,
          .file_name = name,
          .metadata = PrintSegmentMetadata(
              {.table = table, .filename = name, .created_at = {}, .ranges = {range}}),
          .object_size = 1'234'567,
          .url = "file:///nowhere/",
          .footer = {}};
}

/// What the first table in the server's answer has.
std::uint64_t CurrentBlock(Client& client, std::string_view path) {
  client.Send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
  const std::string_view answer = client.Receive();
  constexpr std::string_view kName = "\"current_block\":";
  const auto at = answer.find(kName);
  if (at == std::string_view::npos) Fail(fmt::format("no progress: {}", answer));
  std::uint64_t block = 0;
  std::from_chars(answer.data() + at + kName.size(), answer.data() + answer.size(), block);
  return block;
}

class Writer {
 public:
  Writer(const std::string& database, const DatasetVersion& version,
         std::vector<std::string> tables)
      : store_(OpenStore(database)), version_(version), tables_(std::move(tables)) {
    Must(store_->RegisterWorker(kNode, "{}", Soon()), "register a worker");
    JobDescriptor descriptor;
    descriptor.version = version_;
    job_ = Must(store_->ScheduleJob(kNode, descriptor, Soon()), "schedule a job");
  }

  void Fill(std::uint64_t first, std::uint64_t last) {
    for (const std::string& table : tables_) {
      const LocationId location = first == 1 ? NewRevision(table) : ActiveRevision(table);
      for (std::uint64_t begin = first; begin <= last; begin += kFilledAtOnce) {
        std::vector<metadata_db::NewFile> files;
        files.reserve(kFilledAtOnce);
        for (auto block = begin; block < begin + kFilledAtOnce && block <= last; ++block) {
          files.push_back(FileOf(table, location, block));
        }
        Must(store_->RestoreFiles(location, files, Soon()), "add files");
      }
    }
  }

  /// `client`: nullptr to ask nothing.
  void Commit(std::uint64_t first, double rate, double seconds, Client* client,
              std::string_view path) {
    std::vector<LocationId> locations;
    locations.reserve(tables_.size());
    for (const std::string& table : tables_) locations.push_back(ActiveRevision(table));
    std::vector<double> commit_ms;
    std::vector<double> visible_ms;
    std::uint64_t block = first;
    const auto began = Clock::now();
    const auto due = [&](std::size_t number) {
      const std::chrono::duration<double> after(static_cast<double>(number) / rate);
      return began + std::chrono::duration_cast<Clock::duration>(after);
    };
    // Whole rounds, so that all tables end with the same block.
    for (; Clock::now() - began < std::chrono::duration<double>(seconds); ++block) {
      for (std::size_t i = 0; i < tables_.size(); ++i) {
        std::this_thread::sleep_until(due(commit_ms.size()));
        const auto file = FileOf(tables_[i], locations[i], block);
        const auto begin = Clock::now();
        Must(store_->CommitFiles({job_}, {file}, Soon()), "commit");
        const auto end = Clock::now();
        commit_ms.push_back(Milliseconds(end - begin).count());
        if (client == nullptr || i != 0) continue;
        const auto answered = CurrentBlock(*client, path);
        visible_ms.push_back(Milliseconds(Clock::now() - end).count());
        if (answered != block) {
          Fail(fmt::format("block {} is committed, the next answer has {}", block, answered));
        }
      }
    }
    const double took_s = std::chrono::duration<double>(Clock::now() - began).count();
    fmt::print(R"({{"commits":{},"seconds":{:.3f},"next":{},"commit_p50_ms":{:.4f},)",
               commit_ms.size(), took_s, block, Percentile(commit_ms, 0.5));
    fmt::print(R"("commit_p99_ms":{:.4f},"visible_p50_ms":{:.4f},"visible_p99_ms":{:.4f}}})"
               "\n",
               Percentile(commit_ms, 0.99), Percentile(visible_ms, 0.5),
               Percentile(visible_ms, 0.99));
  }

 private:
  static double Percentile(std::vector<double>& values, double share) {
    if (values.empty()) return 0;
    const auto place = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(place));
    return values[place];
  }

  LocationId NewRevision(const std::string& table) {
    const std::string path = fmt::format("{}/{}", version_.dataset.name, table);
    const LocationId location = Must(
        store_->RegisterRevision({.version = version_, .table_name = table, .path = path}, Soon()),
        "register a revision");
    Must(store_->ActivateRevision(version_, table, location, Soon()), "activate");
    return location;
  }

  LocationId ActiveRevision(const std::string& table) {
    const auto rows =
        Must(store_->AcquireTables(version_, {job_}, {{table, "unused"}}, Soon()), "acquire");
    const auto active = rows.at(0).active_revision;
    if (!active) Fail(fmt::format("{} has no active revision", table));
    return *active;
  }

  std::unique_ptr<metadata_db::MetadataStore> store_;
  const DatasetVersion version_;
  const std::vector<std::string> tables_;
  JobId job_;
};

int Run(const std::vector<std::string_view>& words) {
  constexpr std::size_t kFillWords = 5;
  constexpr std::size_t kCommitWords = 8;
  const bool is_fill = words.size() > kFillWords && words[2] == "fill";
  const bool is_commit = words.size() > kCommitWords && words[2] == "commit";
  if (!is_fill && !is_commit) Fail("see the head of its source");
  const auto names = std::span(words).subspan(is_fill ? kFillWords : kCommitWords);
  std::vector<std::string> tables(names.begin(), names.end());
  Writer writer({words[0].begin(), words[0].end()}, VersionOf(words[1]), std::move(tables));
  const auto first = NumberOf<std::uint64_t>(words[3]);
  if (is_fill) {
    writer.Fill(first, NumberOf<std::uint64_t>(words[4]));
    return 0;
  }
  const auto port = NumberOf<std::uint16_t>(words[6]);
  const auto client = port == 0 ? nullptr : std::make_unique<Client>(port);
  writer.Commit(first, NumberOf<std::uint32_t>(words[4]), NumberOf<std::uint32_t>(words[5]),
                client.get(), words[7]);
  return 0;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  return tidemark::Run(std::vector<std::string_view>(argv + 1, argv + argc));
}
