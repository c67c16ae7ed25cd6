// Every dialect, DataStore and the reference model tell the same of every table.
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "lakes.h"
#include "reference.h"

namespace tidemark::conformance {
namespace {

using nlohmann::json;

// The numbers of a table, however they were asked for.
struct Numbers {
  std::optional<std::uint64_t> start_block;
  std::optional<std::uint64_t> current_block;
  std::uint64_t files_count = 0;
  std::uint64_t total_size_bytes = 0;

  friend bool operator==(const Numbers&, const Numbers&) = default;
  friend void PrintTo(const Numbers& numbers, std::ostream* out) {
    const auto text = [](const auto& n) { return n ? std::to_string(*n) : "null"; };
    *out << text(numbers.start_block) << ".." << text(numbers.current_block) << ", "
         << numbers.files_count << " files, " << numbers.total_size_bytes << " bytes";
  }
};

Numbers NumbersOf(const json& table) {
  const auto block = [&](const char* key) -> std::optional<std::uint64_t> {
    if (!table.contains(key) || table[key].is_null()) return std::nullopt;
    return table[key].get<std::uint64_t>();
  };
  return {block("start_block"), block("current_block"), table.at("files_count"),
          table.at("total_size_bytes")};
}

Numbers NumbersOf(const std::optional<ReferenceProgress>& reference) {
  if (!reference) return {};
  return {reference->start_block, reference->current_block, reference->files_count,
          reference->total_size_bytes};
}

Numbers NumbersOf(const std::optional<data_store::TableProgress>& progress) {
  if (!progress) return {};
  const auto value = [](const std::optional<BlockNumber>& block) {
    return block ? std::optional(block->value) : std::nullopt;
  };
  return {value(progress->start_block), value(progress->current_block), progress->files_count,
          progress->total_size_bytes};
}

class ProgressAgreesTest : public testing::TestWithParam<Source> {
 protected:
  Lakes& lakes() { return Lakes::Of(GetParam()); }

  // nullopt unless the answer is 200.
  static std::optional<json> Ask(Lake& lake, const std::string& path) {
    const http::Reply reply = lake.Ask("GET " + path);
    if (reply.status != 200) return std::nullopt;
    return json::parse(reply.body);
  }

  void CheckVersion(Lake& lake, const DatasetName& name, const std::string& revision) {
    const std::string base = "/datasets/" + name.ns + "/" + name.name + "/versions/" + revision;
    SCOPED_TRACE(lake.name() + " " + base);
    const auto dataset = lake.datasets().Resolve(name, *ParseRevision(revision), Deadline::Never());
    if (!dataset) return;
    const auto progress = Ask(lake, base + "/progress");
    const auto sync = Ask(lake, base + "/sync-progress");
    ASSERT_TRUE(progress && sync);
    ASSERT_EQ(progress->at("tables").size(), dataset->manifest.tables.size());
    ASSERT_EQ(sync->at("tables").size(), dataset->manifest.tables.size());
    for (std::size_t i = 0; i < dataset->manifest.tables.size(); ++i) {
      CheckTable(lake, *dataset, i, progress->at("tables")[i], sync->at("tables")[i]);
      const auto alone = Ask(lake, base + "/tables/" + dataset->manifest.tables[i] + "/progress");
      EXPECT_EQ(alone, progress->at("tables")[i]);
    }
  }

  void CheckTable(Lake& lake, const dataset_store::Dataset& dataset, std::size_t i,
                  const json& table, const json& sync) {
    const std::string& name = dataset.manifest.tables[i];
    SCOPED_TRACE(name);
    const Numbers expected =
        NumbersOf(ProgressOf(lakes().rows(), dataset.version, name, dataset.manifest.start_block));
    EXPECT_EQ(table.at("table_name"), name);
    EXPECT_EQ(NumbersOf(table), expected);
    EXPECT_EQ(NumbersOf(sync), expected);

    const auto snapshot = lake.data().OpenSnapshot(Deadline::Never());
    ASSERT_TRUE(snapshot);
    const auto direct = lake.data().GetTableProgress(**snapshot, dataset.version, name,
                                                     {.start_block = dataset.manifest.start_block});
    ASSERT_TRUE(direct) << direct.error().message;
    EXPECT_EQ(NumbersOf(*direct), expected);

    if (table.at("job_id").is_null()) return;
    const auto of_job = Ask(lake, "/jobs/" + table.at("job_id").dump() + "/progress");
    if (!of_job) return;  // The job has no state row, and so counts as gone.
    ++jobs_checked_;
    EXPECT_EQ(of_job->at("job_status"), table.at("job_state"));
    ASSERT_TRUE(of_job->at("tables").contains(name));
    // A job's tables are keyed by name alone: where two datasets' tables share the name, the key
    // holds one of them.
    if (!IsNameShared(table.at("job_id"), name)) {
      EXPECT_EQ(NumbersOf(of_job->at("tables").at(name)), expected);
    }
  }

  // Whether the job writes tables of that name in more than one dataset version.
  bool IsNameShared(const json& job, const std::string& name) {
    std::vector<std::int64_t> revisions;
    for (const AmpRow& row : lakes().rows()) {
      if (row.table == "physical_table_revisions" && row.Get("writer") == job.dump()) {
        revisions.push_back(row.Number("id"));
      }
    }
    std::size_t tables = 0;
    for (const AmpRow& row : lakes().rows()) {
      if (row.table == "physical_tables" && row.Get("table_name") == name &&
          row.Get("active_revision_id") &&
          std::ranges::count(revisions, row.Number("active_revision_id")) > 0) {
        ++tables;
      }
    }
    return tables > 1;
  }

  std::size_t jobs_checked_ = 0;
};

TEST_P(ProgressAgreesTest, InEveryDialectAndWithTheReferenceModel) {
  for (const auto& lake : lakes().all()) {
    std::size_t versions = 0;
    for (const AmpRow& row : lakes().rows()) {
      if (row.table != "tags") continue;
      const auto name = MakeDatasetName(*row.Get("namespace"), *row.Get("name"));
      ASSERT_TRUE(name);
      CheckVersion(*lake, *name, *row.Get("version"));
      ++versions;
    }
    EXPECT_GT(versions, 0U);
  }
  EXPECT_GT(jobs_checked_, 0U);
}

INSTANTIATE_TEST_SUITE_P(Rows, ProgressAgreesTest, testing::ValuesIn(Sources()),
                         [](const auto& source) { return source.param.name; });

}  // namespace
}  // namespace tidemark::conformance
