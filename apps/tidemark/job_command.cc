// tidemark job list | show | stop
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "text_table.h"

namespace tidemark::app {
namespace {

/// "ns/name@1234567" of a job's descriptor; "-" if it has none.
std::string DatasetOf(JsonValue job) {
  const auto descriptor = MemberOf(job, "descriptor");
  if (!descriptor) return "-";
  return fmt::format("{}/{}@{}", TextOf(*descriptor, "dataset_namespace").value_or("?"),
                     TextOf(*descriptor, "dataset_name").value_or("?"),
                     TextOf(*descriptor, "manifest_hash").value_or("").substr(0, 7));
}

Status RunList(const Invocation& invocation, const std::string& status, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get("/jobs?status=" + http::PercentEncode(status)));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"JOB", Align::kRight}, {"STATUS"}, {"DATASET"}, {"NODE"}, {"UPDATED"}});
  for (const JsonValue job : ArrayOf(document.root(), "jobs")) {
    table.AddRow({fmt::to_string(UnsignedOf(job, "id").value_or(0)),
                  TextOf(job, "status").value_or("-"), DatasetOf(job),
                  TextOf(job, "node_id").value_or("-"), TextOf(job, "updated_at").value_or("-")});
  }
  return Print(table.Render());
}

Status RunShow(const Invocation& invocation, std::uint64_t id, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(fmt::format("/jobs/{}", id)));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  const JsonValue job = document.root();
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:<10}{}\n", name, value);
  };
  add("job", fmt::to_string(id));
  add("status", TextOf(job, "status").value_or("-"));
  add("dataset", DatasetOf(job));
  add("node", TextOf(job, "node_id").value_or("-"));
  add("created", TextOf(job, "created_at").value_or("-"));
  add("updated", TextOf(job, "updated_at").value_or("-"));
  if (const auto attempts = UnsignedOf(job, "attempts")) add("attempts", fmt::to_string(*attempts));
  if (const auto error = MemberOf(job, "error")) {
    add("error", fmt::format("{}: {}", TextOf(*error, "error_code").value_or("?"),
                             TextOf(*error, "error_message").value_or("?")));
  }
  return Print(text);
}

Status RunStop(const Invocation& invocation, std::uint64_t id) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(client.Put(fmt::format("/jobs/{}/stop", id)));
  return {};
}

}  // namespace

void AddJobCommand(CLI::App& app, Invocation& invocation) {
  auto* job = app.add_subcommand("job", "Look at jobs and stop them");
  job->require_subcommand(1);
  auto as_json = std::make_shared<bool>(false);
  auto id = std::make_shared<std::uint64_t>(0);

  auto* list = job->add_subcommand("list", "List jobs, the newest first");
  auto status = std::make_shared<std::string>("active");
  list->add_option("--status", *status, "active, all, or states with commas between them")
      ->capture_default_str();
  list->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*list, invocation);
  list->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunList(invocation, *status, *as_json); };
  });

  auto* show = job->add_subcommand("show", "Show one job");
  show->add_option("id", *id, "The job's id")->required()->check(CheckWholeNumber);
  show->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*show, invocation);
  show->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunShow(invocation, *id, *as_json); };
  });

  auto* stop = job->add_subcommand("stop", "Ask a job to stop");
  stop->add_option("id", *id, "The job's id")->required()->check(CheckWholeNumber);
  AddUrlOption(*stop, invocation);
  stop->callback(
      [=, &invocation] { invocation.run = [=, &invocation] { return RunStop(invocation, *id); }; });
}

}  // namespace tidemark::app
