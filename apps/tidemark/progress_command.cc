// tidemark progress NS/NAME[@REV] [--table T] [--watch] [--json]
#include <chrono>
#include <memory>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "progress_view.h"

namespace tidemark::app {
namespace {

struct ProgressOptions {
  std::string reference;
  std::string table;
  bool watch = false;
  bool json = false;
  double interval_s = 1.0;
};

std::string PathOf(const DatasetReference& reference, const ProgressOptions& options) {
  std::string path = VersionPath(reference);
  if (!options.table.empty()) path += "/tables/" + http::PercentEncode(options.table);
  path += "/progress";
  // The JSON for programs is the API's plain answer, which changes only when progress does.
  return options.json ? path : path + "?include=rate";
}

Result<std::string> Render(const std::string& answer) {
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  return RenderTables(ReadTables(document.root()), SystemClock().Now(),
                      UsesColor() ? Color::kAnsi : Color::kPlain);
}

/// Shows each answer, as a live block on a terminal, else a line each, or a JSON line when it
/// changes.
class Watcher {
 public:
  explicit Watcher(const ProgressOptions& options) : options_(options) {}

  Status Show(const std::string& answer) {
    if (options_.json) {
      if (answer == last_) return {};
      last_ = answer;
      return Print(answer + "\n");
    }
    if (IsTerminal()) {
      TIDEMARK_TRY(const auto text, Render(answer));
      return block_.Show(text);
    }
    TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
    return Print(RenderLine(ReadTables(document.root()), SystemClock().Now()));
  }

 private:
  const ProgressOptions& options_;
  LiveBlock block_;
  std::string last_;
};

Status RunProgress(const Invocation& invocation, const ProgressOptions& options) {
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(options.reference));
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  const std::string path = PathOf(reference, options);
  TIDEMARK_TRY(const auto first, client.Get(path));
  if (!options.watch) {
    if (options.json) return Print(first + "\n");
    TIDEMARK_TRY(const auto text, Render(first));
    return Print(text);
  }

  Watcher watcher(options);
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

}  // namespace

void AddProgressCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("progress", "Show the sync progress of a dataset");
  auto options = std::make_shared<ProgressOptions>();
  command->add_option("dataset", options->reference, "NS/NAME[@REVISION]")->required();
  command->add_option("--table", options->table, "Only this table");
  command->add_flag("--watch", options->watch, "Go on showing it until interrupted");
  command->add_flag("--json", options->json,
                    "Print the API's answer; with --watch, a line each time it changes");
  command->add_option("--interval", options->interval_s, "Seconds between looks, with --watch")
      ->capture_default_str()
      ->check(CLI::Range(0.05, 3600.0));
  AddUrlOption(*command, invocation);
  command->footer(
      "\nSPEED is in blocks committed a second, over the last minute.\n\nExamples:\n"
      "  tidemark progress demo/anvil --watch\n"
      "  tidemark progress demo/anvil@1.0.0 --table logs --json");
  command->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunProgress(invocation, *options); };
  });
}

}  // namespace tidemark::app
