// tidemark progress NS/NAME[@REV] | --job ID
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "progress_view.h"
#include "tidemark/base/text.h"

namespace tidemark::app {
namespace {

struct ProgressOptions {
  std::string reference;
  std::optional<std::uint64_t> job;
  std::string table;
  std::string include;
  bool watch = false;
  bool json = false;
  double interval_s = 1.0;
};

std::unexpected<Error> Invalid(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

std::string Included(const ProgressOptions& options) {
  // The JSON for programs is the API's plain answer, which changes only when progress does.
  if (options.json) return options.include;
  return options.include.empty() ? "rate" : "rate," + options.include;
}

Result<std::string> PathOf(const ProgressOptions& options) {
  if (options.job) {
    if (!options.reference.empty() || !options.table.empty() || !options.include.empty()) {
      return Invalid("--job takes neither a dataset nor --table nor --include");
    }
    return fmt::format("/jobs/{}/progress", *options.job);
  }
  if (options.reference.empty()) return Invalid("a dataset is required, or --job with an id");
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(options.reference));
  std::string path = VersionPath(reference);
  if (!options.table.empty()) path += "/tables/" + http::PercentEncode(options.table);
  path += "/progress";
  const std::string included = Included(options);
  return included.empty() ? path : path + "?include=" + http::PercentEncode(included);
}

constexpr std::string_view kNoTables = "no tables written yet\n";

Result<std::string> Render(const std::string& answer) {
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  const auto tables = ReadTables(document.root());
  if (tables.empty()) return std::string(kNoTables);
  return RenderTables(tables, SystemClock().Now(), UsesColor() ? Color::kAnsi : Color::kPlain);
}

/// Shows each answer, as a live block on a terminal, else a line each, or a JSON line when it
/// changes.
class Watcher {
 public:
  Watcher(AdminClient& client, const ProgressOptions& options)
      : client_(client), options_(options) {}

  Status Show(const std::string& answer) {
    if (options_.json) {
      if (answer == last_) return {};
      last_ = answer;
      return Print(answer + "\n");
    }
    if (IsTerminal()) return ShowOnTerminal(answer);
    TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
    return Print(RenderLine(ReadTables(document.root()), SystemClock().Now()));
  }

 private:
  Status ShowOnTerminal(const std::string& answer) {
    TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
    auto tables = ReadTables(document.root());
    if (tables.empty()) return block_.Show(kNoTables);
    TIDEMARK_TRY(FindEndBlocks(tables));
    return block_.Show(RenderWatched(tables, SystemClock().Now(),
                                     {.columns = TerminalSize().columns,
                                      .color = UsesColor() ? Color::kAnsi : Color::kPlain,
                                      .glyphs = UsesUtf8() ? Glyphs::kUtf8 : Glyphs::kAscii}));
  }

  /// From the jobs that write the tables, anew each time: a job may be deployed with another end.
  /// Only a number is an end; "latest" and "-10" are known to the worker alone.
  Status FindEndBlocks(std::vector<TableView>& tables) {
    std::map<std::uint64_t, std::optional<std::uint64_t>> end_of;
    for (TableView& table : tables) {
      if (!table.job_id) continue;
      const auto [found, is_new] = end_of.emplace(*table.job_id, std::nullopt);
      if (is_new) {
        TIDEMARK_TRY(found->second, ReadEndBlock(*table.job_id));
      }
      table.end_block = found->second;
    }
    return {};
  }

  Result<std::optional<std::uint64_t>> ReadEndBlock(std::uint64_t job) {
    const auto answer = client_.Get(fmt::format("/jobs/{}", job));
    // Removed meanwhile, or a server that restarts: there is no bar, this once.
    if (!answer) return std::nullopt;
    TIDEMARK_TRY(const auto document, JsonDocument::Parse(*answer));
    const auto descriptor = MemberOf(document.root(), "descriptor");
    if (!descriptor) return std::nullopt;
    return ParseDecimal<std::uint64_t>(TextOf(*descriptor, "end_block").value_or(""));
  }

  AdminClient& client_;
  const ProgressOptions& options_;
  LiveBlock block_;
  std::string last_;
};

Status Watch(AdminClient& client, const std::string& path, const ProgressOptions& options,
             const std::string& first) {
  Watcher watcher(client, options);
  TIDEMARK_TRY(watcher.Show(first));
  bool was_reachable = true;
  // Until the reader goes or the user interrupts; a server that restarts is waited for.
  for (;;) {
    std::this_thread::sleep_for(std::chrono::duration<double>(options.interval_s));
    const auto answer = client.Get(path);
    if (answer) {
      TIDEMARK_TRY(watcher.Show(*answer));
    } else if (answer.error().code != ErrorCode::kUnavailable) {
      return std::unexpected(answer.error());
    } else if (was_reachable) {
      fmt::print(stderr, "tidemark: {}; trying again\n", answer.error().message);
    }
    was_reachable = answer.has_value();
  }
}

Status RunProgress(const Invocation& invocation, const ProgressOptions& options) {
  TIDEMARK_TRY(const std::string path, PathOf(options));
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto first, client.Get(path));
  if (options.watch) return Watch(client, path, options, first);
  if (options.json) return Print(first + "\n");
  TIDEMARK_TRY(const auto text, Render(first));
  return Print(text);
}

void AddShowingOptions(CLI::App& command, Invocation& invocation, ProgressOptions& options) {
  command.add_flag("--watch", options.watch, "Go on showing it until interrupted");
  command.add_flag("--json", options.json,
                   "Print the API's answer; with --watch, a line each time it changes");
  command.add_option("--interval", options.interval_s, "Seconds between looks, with --watch")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 3600.0));
  AddUrlOption(command, invocation);
}

}  // namespace

void AddProgressCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("progress", "Show the sync progress of a dataset or a job");
  auto options = std::make_shared<ProgressOptions>();
  command->add_option("dataset", options->reference, "NS/NAME[@REVISION]");
  command->add_option("--job", options->job, "The tables that this job writes")
      ->check(CheckWholeNumber);
  command->add_option("--table", options->table, "Only this table");
  command->add_option("--include", options->include,
                      "More of it, with commas between: gaps, health, head, rate, rows");
  AddShowingOptions(*command, invocation, *options);
  command->footer(
      "\nSPEED is in blocks committed a second, over the last minute.\n\nExamples:\n"
      "  tidemark progress demo/anvil --watch\n"
      "  tidemark progress demo/anvil --include gaps,health,head\n"
      "  tidemark progress demo/anvil@1.0.0 --table logs --json");
  command->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunProgress(invocation, *options); };
  });
}

void AddJobProgressCommand(CLI::App& job, Invocation& invocation) {
  auto* command = job.add_subcommand("progress", "Show the tables that a job writes");
  auto options = std::make_shared<ProgressOptions>();
  command->add_option("id", options->job, "The job's id")->required()->check(CheckWholeNumber);
  AddShowingOptions(*command, invocation, *options);
  command->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunProgress(invocation, *options); };
  });
}

}  // namespace tidemark::app
