// tidemark table list | show | activate | deactivate | restore | prune: revisions, the storage
// places of tables
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "restore_view.h"
#include "text_table.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::app {
namespace {

struct ListOptions {
  bool is_active_only = false;
  std::uint64_t limit = 100;
  bool json = false;
};

struct TableOptions {
  std::uint64_t revision = 0;
  std::string dataset;  // Empty, like the table: what the revision was made for.
  std::string table;
  bool json = false;
};

std::string PathOf(const TableOptions& options) {
  return fmt::format("/revisions/{}", options.revision);
}

/// "ns/name@1234567" of the dataset version that a revision was made for; "-" if it does not say.
std::string DatasetOf(JsonValue revision) {
  const auto metadata = MemberOf(revision, "metadata");
  if (!metadata || !TextOf(*metadata, "dataset_name")) return "-";
  return fmt::format("{}/{}@{}", TextOrDash(*metadata, "dataset_namespace"),
                     TextOrDash(*metadata, "dataset_name"),
                     TextOrDash(*metadata, "manifest_hash").substr(0, 7));
}

std::string TableOf(JsonValue revision) {
  const auto metadata = MemberOf(revision, "metadata");
  return metadata ? TextOrDash(*metadata, "table_name") : "-";
}

std::string IsActive(JsonValue revision) {
  const auto active = BooleanOf(revision, "active");
  if (!active) return "-";
  return *active ? "yes" : "no";
}

Status RunList(const Invocation& invocation, const ListOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer,
               client.Get(fmt::format("/revisions?limit={}{}", options.limit,
                                      options.is_active_only ? "&active=true" : "")));
  if (options.json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"REVISION", Align::kRight},
                   {"TABLE"},
                   {"DATASET"},
                   {"ACTIVE"},
                   {"JOB", Align::kRight},
                   {"PATH"}});
  for (const JsonValue revision : ElementsOf(document.root())) {
    table.AddRow({NumberOrDash(revision, "id"), TableOf(revision), DatasetOf(revision),
                  IsActive(revision), NumberOrDash(revision, "writer"),
                  TextOrDash(revision, "path")});
  }
  return Print(table.Render());
}

Status RunShow(const Invocation& invocation, const TableOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(PathOf(options)));
  if (options.json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  const JsonValue revision = document.root();
  return Print(fmt::format("{:<10}{}\n{:<10}{}\n{:<10}{}\n{:<10}{}\n{:<10}{}\n{:<10}{}\n",
                           "revision", options.revision, "table", TableOf(revision), "dataset",
                           DatasetOf(revision), "active", IsActive(revision), "job",
                           NumberOrDash(revision, "writer"), "path", TextOrDash(revision, "path")));
}

/// The request body that names the table: as the user said, or as the revision says.
Result<std::string> TableBody(AdminClient& client, const TableOptions& options) {
  std::optional<std::string> dataset;
  std::optional<std::string> table;
  if (!options.dataset.empty()) dataset = options.dataset;
  if (!options.table.empty()) table = options.table;
  if (!dataset || !table) {
    TIDEMARK_TRY(const auto answer, client.Get(PathOf(options)));
    TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
    const auto metadata = MemberOf(document.root(), "metadata");
    const auto ns = metadata ? TextOf(*metadata, "dataset_namespace") : std::nullopt;
    const auto name = metadata ? TextOf(*metadata, "dataset_name") : std::nullopt;
    const auto hash = metadata ? TextOf(*metadata, "manifest_hash") : std::nullopt;
    if (!dataset && ns && name && hash) dataset = fmt::format("{}/{}@{}", *ns, *name, *hash);
    if (!table && metadata) table = TextOf(*metadata, "table_name");
  }
  if (!dataset || !table) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("revision {} does not say what table it was made for: say "
                                 "--dataset and --table",
                                 options.revision));
  }
  JsonWriter json;
  json.BeginObject().Field("dataset", *dataset).Field("table_name", *table).EndObject();
  return std::move(json).Take();
}

Status RunActivate(const Invocation& invocation, const TableOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto body, TableBody(client, options));
  TIDEMARK_TRY(client.Post(PathOf(options) + "/activate", body));
  return {};
}

Status RunDeactivate(const Invocation& invocation, const TableOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(PathOf(options)));
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  // The API deactivates whichever revision a table has, and this may be another one.
  if (BooleanOf(document.root(), "active") != true) {
    return MakeError(ErrorCode::kConflict,
                     fmt::format("revision {} is not active", options.revision));
  }
  TIDEMARK_TRY(const auto body, TableBody(client, options));
  TIDEMARK_TRY(client.Post("/revisions/deactivate", body));
  return {};
}

Status RunRestore(const Invocation& invocation, const TableOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer,
               client.Post(PathOf(options) + "/restore", "", AdminClient::kLongTimeout));
  if (options.json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  return Print(DescribeRestoredFiles(document.root()));
}

struct PruneOptions {
  std::uint64_t revision = 0;
  std::string before_block;  // Empty: all.
  std::uint64_t delay_seconds = 3'600;
  bool json = false;
};

Status RunPrune(const Invocation& invocation, const PruneOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  std::string path =
      fmt::format("/revisions/{}/prune?gc_delay_secs={}", options.revision, options.delay_seconds);
  if (!options.before_block.empty()) path += "&before_block=" + options.before_block;
  TIDEMARK_TRY(const auto answer, client.Delete(path));
  if (options.json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  return Print(fmt::format("{} files scheduled to be removed in {} seconds\n",
                           NumberOrDash(document.root(), "files_scheduled"),
                           NumberOrDash(document.root(), "gc_delay_secs")));
}

struct RevisionCommand {
  const char* name;
  const char* description;
  Status (*run)(const Invocation&, const TableOptions&);
  bool has_json;
  bool names_table;
};

constexpr RevisionCommand kRevisionCommands[] = {
    {"show", "Show a revision", RunShow, true, false},
    {"activate", "Make a revision the active one of its table", RunActivate, false, true},
    {"deactivate", "Leave the table of an active revision without one", RunDeactivate, false, true},
    {"restore", "Register the files that storage has of a revision", RunRestore, true, false},
};

}  // namespace

void AddTableCommand(CLI::App& app, Invocation& invocation) {
  auto* table = app.add_subcommand("table", "Look at the revisions of tables and switch them");
  table->require_subcommand(1);

  auto* list = table->add_subcommand("list", "List revisions, the newest first");
  auto list_options = std::make_shared<ListOptions>();
  list->add_flag("--active", list_options->is_active_only, "Only active ones");
  list->add_option("--limit", list_options->limit, "How many at most")
      ->capture_default_str()
      ->check(CheckWholeNumber);
  list->add_flag("--json", list_options->json, "Print the API's answer");
  AddUrlOption(*list, invocation);
  list->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunList(invocation, *list_options); };
  });

  auto* prune =
      table->add_subcommand("prune", "Schedule the files off a revision's chain to be removed");
  auto prune_options = std::make_shared<PruneOptions>();
  prune->add_option("revision", prune_options->revision, "The revision's id")
      ->required()
      ->check(CheckWholeNumber);
  prune->add_option("--before-block", prune_options->before_block, "Only files that end before it")
      ->check(CheckWholeNumber);
  prune->add_option("--delay", prune_options->delay_seconds, "Seconds until they may be removed")
      ->capture_default_str()
      ->check(CheckWholeNumber);
  prune->add_flag("--json", prune_options->json, "Print the API's answer");
  AddUrlOption(*prune, invocation);
  prune->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunPrune(invocation, *prune_options); };
  });

  for (const RevisionCommand& row : kRevisionCommands) {
    auto* command = table->add_subcommand(row.name, row.description);
    auto options = std::make_shared<TableOptions>();
    command->add_option("revision", options->revision, "The revision's id")
        ->required()
        ->check(CheckWholeNumber);
    if (row.names_table) {
      command->add_option("--dataset", options->dataset,
                          "NS/NAME[@REVISION] (the one that it was made for)");
      command->add_option("--table", options->table, "Table (the one that it was made for)");
    }
    if (row.has_json) command->add_flag("--json", options->json, "Print the API's answer");
    AddUrlOption(*command, invocation);
    command->callback([=, &invocation, run = row.run] {
      invocation.run = [=, &invocation] { return run(invocation, *options); };
    });
  }
}

}  // namespace tidemark::app
