// tidemark dataset restore
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "restore_view.h"

namespace tidemark::app {
namespace {

Status RunRestore(const Invocation& invocation, const std::string& text, const bool& as_json) {
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(text));
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer,
               client.Post(VersionPath(reference) + "/restore", "", AdminClient::kLongTimeout));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  std::string shown;
  for (const JsonValue table : ArrayOf(document.root(), "tables")) {
    shown += fmt::format("{}: revision {}, {}", TextOrDash(table, "table_name"),
                         NumberOrDash(table, "location_id"), DescribeRestoredFiles(table));
  }
  return Print(shown);
}

}  // namespace

void AddDatasetRestoreCommand(CLI::App& dataset, Invocation& invocation) {
  auto* command = dataset.add_subcommand(
      "restore", "Register the files that storage has of the newest revision of each table");
  auto reference = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  command->add_option("dataset", *reference, "NS/NAME[@REVISION]")->required();
  command->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*command, invocation);
  command->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunRestore(invocation, *reference, *as_json); };
  });
}

}  // namespace tidemark::app
