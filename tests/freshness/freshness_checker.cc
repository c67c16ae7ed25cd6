// Commits as fast as it can to tables of several datasets, asks several servers for their progress
// meanwhile, and holds every answer against the rule that no answer is older than the question
// (linearizability of a number that only rises):
//   1. current_block is at least that of every commit that had returned, and of every answer that
//      had come, before the request was sent;
//   2. it is at most that of the last commit that had begun when the answer came.
// Now and then a table gets another active revision that reaches as far; before that its writer
// rests for up to REST_MS.
//
// usage: freshness_checker DATABASE OPERATIONS SECONDS READERS REST_MS SEED DATASET... -- PORT...
//
// DATABASE is postgres://... or a file of SQLite; a DATASET is NAMESPACE/NAME@HASH, with start
// block 1. Ends after so many answers, or that many seconds: 0 if all were right and something was
// committed.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "client.h"
#include "program.h"
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

constexpr int kCommitsOfARevision = 100;
constexpr int kPipelined = 8;  // Requests that a reader sends at once.
constexpr std::uint64_t kViolationsShown = 5;

struct Plan {
  std::string database;
  std::uint64_t operations = 0;
  std::chrono::seconds duration{0};
  int readers = 0;
  std::uint32_t rest_ms = 0;
  std::uint64_t seed = 0;
  std::vector<DatasetVersion> datasets;
  std::vector<std::uint16_t> ports;
};

Plan ReadPlan(const std::vector<std::string_view>& words) {
  constexpr std::size_t kFixed = 6;
  const auto dashes = std::ranges::find(words, std::string_view("--"));
  if (words.size() <= kFixed || dashes == words.end()) Fail("see the head of its source");
  Plan plan{.database = std::string(words[0]),
            .operations = NumberOf<std::uint64_t>(words[1]),
            .duration = std::chrono::seconds(NumberOf<std::uint32_t>(words[2])),
            .readers = NumberOf<int>(words[3]),
            .rest_ms = NumberOf<std::uint32_t>(words[4]),
            .seed = NumberOf<std::uint64_t>(words[5]),
            .datasets = {},
            .ports = {}};
  for (auto word = words.begin() + kFixed; word < dashes; ++word) {
    plan.datasets.push_back(VersionOf(*word));
  }
  for (auto word = dashes + 1; word < words.end(); ++word) {
    plan.ports.push_back(NumberOf<std::uint16_t>(*word));
  }
  if (plan.datasets.empty() || plan.ports.empty()) Fail("there is no dataset or no port");
  return plan;
}

void Raise(std::atomic<std::uint64_t>& value, std::uint64_t to) {
  std::uint64_t present = value.load();
  while (present < to && !value.compare_exchange_weak(present, to)) {
  }
}

/// The table "blocks" of one dataset, as far as is known. Blocks count from 1; 0 is none.
struct Table {
  DatasetVersion version;
  std::atomic<std::uint64_t> begun = 0;      // The last block of a commit that has begun.
  std::atomic<std::uint64_t> committed = 0;  // Of one that has returned.
  std::atomic<std::uint64_t> seen = 0;       // The greatest that an answer has told.
};

struct Tally {
  std::atomic<std::uint64_t> answers = 0;
  std::atomic<std::uint64_t> not_modified = 0;
  std::atomic<std::uint64_t> commits = 0;
  std::atomic<std::uint64_t> violations = 0;
  std::atomic<bool> is_over = false;
};

BlockHash HashOf(std::uint64_t block) {
  BlockHash hash{};
  for (std::size_t i = 0; i < sizeof block; ++i) {
    hash.bytes[i] = static_cast<std::uint8_t>(block >> (8 * i));
  }
  return hash;
}

class Writer {
 public:
  Writer(metadata_db::MetadataStore& store, const Plan& plan, Table& table, Tally& tally)
      : store_(store), table_(table), tally_(tally), random_(plan.seed), rest_(0, plan.rest_ms) {}

  void Run() {
    job_ = Must(store_.ScheduleJob("freshness-checker", Descriptor(), Soon()), "schedule a job");
    while (!tally_.is_over) {
      std::this_thread::sleep_for(std::chrono::milliseconds(rest_(random_)));
      BeginRevision();
      for (int i = 0; i < kCommitsOfARevision && !tally_.is_over; ++i) {
        const std::uint64_t block = table_.begun + 1;
        table_.begun = block;
        Must(store_.CommitFiles({job_}, {FileOf(block, block)}, Soon()), "commit");
        Raise(table_.committed, block);
        ++tally_.commits;
      }
    }
  }

 private:
  JobDescriptor Descriptor() const {
    JobDescriptor descriptor;
    descriptor.version = table_.version;
    return descriptor;
  }

  metadata_db::NewFile FileOf(std::uint64_t first, std::uint64_t last) const {
    const std::string name = fmt::format("{}-{}.parquet", first, last);
    const NetworkRange range{.network = "mainnet",
                             .blocks = BlockRange::Make({first}, {last}).value(),
                             .hash = HashOf(last),
                             .prev_hash = HashOf(first - 1),
                             .timestamp_s = last};
    return {.location_id = location_,
            .file_name = name,
            .metadata = PrintSegmentMetadata(
                {.table = "blocks", .filename = name, .created_at = {}, .ranges = {range}}),
            .object_size = 100,
            .url = "file:///nowhere/",
            .footer = {}};
  }

  /// Another place of the table, which reaches as far as the one before.
  void BeginRevision() {
    const std::string path =
        fmt::format("{}/{}/{}", table_.version.dataset.name, job_.value, ++revisions_);
    location_ = Must(store_.RegisterRevision(
                         {.version = table_.version, .table_name = "blocks", .path = path}, Soon()),
                     "register a revision");
    if (table_.begun > 0) {
      Must(store_.RestoreFiles(location_, {FileOf(1, table_.begun)}, Soon()), "restore a file");
    }
    Must(store_.ActivateRevision(table_.version, "blocks", location_, Soon()), "activate");
    Must(store_.AcquireTables(table_.version, {job_}, {{"blocks", path}}, Soon()), "acquire");
  }

  metadata_db::MetadataStore& store_;
  Table& table_;
  Tally& tally_;
  std::mt19937_64 random_;
  std::uniform_int_distribution<std::uint32_t> rest_;
  JobId job_;
  LocationId location_;
  int revisions_ = 0;
};

std::string_view HeaderOf(std::string_view reply, std::string_view name) {
  const auto at = reply.find(name);
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size();
  return reply.substr(begin, reply.find("\r\n", begin) - begin);
}

class Reader {
 public:
  Reader(const Plan& plan, std::vector<Table>& tables, Tally& tally, std::uint64_t seed)
      : plan_(plan), tables_(tables), tally_(tally), random_(seed), known_(tables.size()) {
    for (const std::uint16_t port : plan.ports) clients_.emplace_back(port);
  }

  void Run() {
    while (!tally_.is_over) {
      Client& client = clients_[Pick(clients_.size())];
      std::string requests;
      std::vector<Question> questions;
      for (int i = 0; i < kPipelined; ++i) questions.push_back(Ask(requests));
      client.Send(requests);
      for (const Question& question : questions) Check(question, client.Receive());
      tally_.answers += kPipelined;
      if (tally_.answers >= plan_.operations) tally_.is_over = true;
    }
  }

 private:
  /// An answer that the reader has.
  struct Known {
    std::string path;
    std::string tag;
    std::uint64_t block = 0;
  };
  struct Question {
    std::size_t table;
    std::string path;
    std::uint64_t at_least;  // By what had been committed and seen when it was asked.
    Known known;             // Named in the request; no tag if none was.
  };

  std::size_t Pick(std::size_t count) { return static_cast<std::size_t>(random_() % count); }

  Question Ask(std::string& requests) {
    constexpr std::size_t kForms = 3;
    const std::size_t which = Pick(tables_.size());
    Table& table = tables_[which];
    const DatasetVersion& version = table.version;
    const std::string revision = Pick(2) == 0 ? version.manifest_hash.hex : std::string("latest");
    const std::string root = fmt::format("/datasets/{}/{}/versions/{}", version.dataset.ns,
                                         version.dataset.name, revision);
    const std::string path = root + (Pick(kForms) == 0 ? "/progress" : "/tables/blocks/progress");
    Question question{.table = which,
                      .path = path,
                      .at_least = std::max(table.committed.load(), table.seen.load()),
                      .known = {}};
    requests += fmt::format("GET {} HTTP/1.1\r\nHost: tidemark\r\n", path);
    Known& known = known_[which];
    if (known.path == path && Pick(2) == 0) {
      question.known = known;
      requests += fmt::format("If-None-Match: {}\r\n", known.tag);
    }
    requests += "\r\n";
    return question;
  }

  void Check(const Question& question, std::string_view reply) {
    Table& table = tables_[question.table];
    std::uint64_t block = 0;
    if (reply.starts_with("HTTP/1.1 304") && !question.known.tag.empty()) {
      block = question.known.block;
      ++tally_.not_modified;
    } else if (reply.starts_with("HTTP/1.1 200")) {
      // The first table of the dataset is "blocks". null until something is committed.
      constexpr std::string_view kName = "\"current_block\":";
      const auto at = reply.find(kName);
      if (at == std::string_view::npos) Fail(fmt::format("no progress: {}", reply));
      std::from_chars(reply.data() + at + kName.size(), reply.data() + reply.size(), block);
      known_[question.table] = {
          .path = question.path, .tag = std::string(HeaderOf(reply, "ETag: ")), .block = block};
    } else {
      Fail(fmt::format("no answer: {}", reply.substr(0, 500)));
    }
    const std::uint64_t at_most = table.begun;
    if (block < question.at_least || block > at_most) {
      if (++tally_.violations <= kViolationsShown) {
        fmt::print("VIOLATION: {} is answered with block {}, which must be from {} to {}\n",
                   ToString(table.version.dataset), block, question.at_least, at_most);
      }
    }
    Raise(table.seen, block);
  }

  const Plan& plan_;
  std::vector<Table>& tables_;
  Tally& tally_;
  std::mt19937_64 random_;
  std::vector<Known> known_;
  std::vector<Client> clients_;
};

int Run(const Plan& plan) {
  const auto store = OpenStore(plan.database);
  Must(store->RegisterWorker("freshness-checker", "{}", Soon()), "register a worker");
  std::vector<Table> tables(plan.datasets.size());
  for (std::size_t i = 0; i < tables.size(); ++i) tables[i].version = plan.datasets[i];
  Tally tally;
  const auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (Table& table : tables) {
      threads.emplace_back([&] { Writer(*store, plan, table, tally).Run(); });
    }
    for (int i = 0; i < plan.readers; ++i) {
      threads.emplace_back(
          [&, i] { Reader(plan, tables, tally, plan.seed + static_cast<std::uint64_t>(i)).Run(); });
    }
    const Deadline end = Deadline::After(plan.duration);
    while (!tally.is_over && !end.HasPassed()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    tally.is_over = true;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  fmt::print("{} answers ({} of them 304) and {} commits in {:.1f} s, {} violations\n",
             tally.answers.load(), tally.not_modified.load(), tally.commits.load(), took.count(),
             tally.violations.load());
  return tally.violations == 0 && tally.commits > 0 && tally.answers > 0 ? 0 : 1;
}

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  return tidemark::Run(tidemark::ReadPlan(words));
}
