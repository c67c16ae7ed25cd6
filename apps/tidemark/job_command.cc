// tidemark job list | show | progress | events | stop | delete
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "progress_details.h"
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

struct ListOptions {
  std::string status = "active";
  std::uint64_t limit = 50;
  std::optional<std::uint64_t> after;
  bool json = false;
};

Status RunList(const Invocation& invocation, const ListOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  std::string path =
      fmt::format("/jobs?status={}&limit={}", http::PercentEncode(options.status), options.limit);
  if (options.after) path += fmt::format("&last_job_id={}", *options.after);
  TIDEMARK_TRY(const auto answer, client.Get(path));
  if (options.json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"JOB", Align::kRight}, {"STATUS"}, {"DATASET"}, {"NODE"}, {"UPDATED"}});
  const auto jobs = ArrayOf(document.root(), "jobs");
  for (const JsonValue job : jobs) {
    table.AddRow({NumberOrDash(job, "id"), TextOrDash(job, "status"), DatasetOf(job),
                  TextOrDash(job, "node_id"), TextOrDash(job, "updated_at")});
  }
  TIDEMARK_TRY(Print(table.Render()));
  const auto next = UnsignedOf(document.root(), "next_cursor");
  if (next && jobs.size() >= options.limit) {
    fmt::print(stderr, "tidemark: there may be more: --after {}\n", *next);
  }
  return {};
}

/// The newest failure that the job has got over, with its detail; nothing if there is none.
Result<std::optional<JsonDocument>> ReadLastFailure(AdminClient& client, std::uint64_t id) {
  TIDEMARK_TRY(const auto answer, client.Get(fmt::format("/jobs/{}/events", id)));
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  std::optional<std::uint64_t> newest;
  for (const JsonValue event : ArrayOf(document.root(), "events")) {
    const auto type = TextOf(event, "event_type");
    if (type == "ERROR" || type == "FATAL") newest = UnsignedOf(event, "id");
  }
  if (!newest) return std::nullopt;
  TIDEMARK_TRY(const auto event, client.Get(fmt::format("/jobs/{}/events/{}", id, *newest)));
  TIDEMARK_TRY(auto detail, JsonDocument::Parse(event));
  return detail;
}

Status RunShow(const Invocation& invocation, std::uint64_t id, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(fmt::format("/jobs/{}?include=health", id)));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  const JsonValue job = document.root();
  std::optional<JsonValue> failure = MemberOf(job, "error");
  std::optional<JsonDocument> former;
  const auto attempts = UnsignedOf(job, "attempts");
  if (!failure && attempts.value_or(0) > 1) {
    TIDEMARK_TRY(former, ReadLastFailure(client, id));
    if (former) failure = MemberOf(former->root(), "detail");
  }
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
  if (attempts) add("attempt", fmt::to_string(*attempts));
  if (const auto health = MemberOf(job, "health")) {
    add("health",
        fmt::format("{}: {}", TextOrDash(*health, "code"), TextOrDash(*health, "detail")));
    if (const auto retry = TextOf(*health, "retry_at")) add("retry", "by " + *retry);
  }
  if (failure) {
    add("error", former ? fmt::format("{}, at {}", DescribeFailure(*failure),
                                      TextOrDash(former->root(), "created_at"))
                        : DescribeFailure(*failure));
  }
  return Print(text);
}

Status RunEvents(const Invocation& invocation, std::uint64_t id, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(fmt::format("/jobs/{}/events", id)));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"EVENT", Align::kRight}, {"TIME"}, {"TYPE"}, {"NODE"}});
  for (const JsonValue event : ArrayOf(document.root(), "events")) {
    table.AddRow({NumberOrDash(event, "id"), TextOrDash(event, "created_at"),
                  TextOrDash(event, "event_type"), TextOrDash(event, "node_id")});
  }
  return Print(table.Render());
}

Status RunStop(const Invocation& invocation, std::uint64_t id, const bool& /*as_json*/) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(client.Put(fmt::format("/jobs/{}/stop", id)));
  return {};
}

Status RunDelete(const Invocation& invocation, std::uint64_t id, const bool& /*as_json*/) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(client.Delete(fmt::format("/jobs/{}", id)));
  return {};
}

struct JobCommand {
  const char* name;
  const char* description;
  Status (*run)(const Invocation&, std::uint64_t id, const bool& as_json);
  bool has_json;
};

constexpr JobCommand kJobCommands[] = {
    {"show", "Show one job", RunShow, true},
    {"events", "List what has happened to a job, the oldest first", RunEvents, true},
    {"stop", "Ask a job to stop", RunStop, false},
    {"delete", "Remove a job that has ended, with its events", RunDelete, false},
};

}  // namespace

void AddJobCommand(CLI::App& app, Invocation& invocation) {
  auto* job = app.add_subcommand("job", "Look at jobs, stop and remove them");
  job->require_subcommand(1);

  auto* list = job->add_subcommand("list", "List jobs, the newest first");
  auto options = std::make_shared<ListOptions>();
  list->add_option("--status", options->status, "active, all, or states with commas between them")
      ->capture_default_str();
  list->add_option("--limit", options->limit, "How many at most")
      ->capture_default_str()
      ->check(CheckWholeNumber);
  list->add_option("--after", options->after, "Only jobs older than this one")
      ->check(CheckWholeNumber);
  list->add_flag("--json", options->json, "Print the API's answer");
  AddUrlOption(*list, invocation);
  list->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunList(invocation, *options); };
  });

  AddJobProgressCommand(*job, invocation);
  for (const JobCommand& row : kJobCommands) {
    auto* command = job->add_subcommand(row.name, row.description);
    auto id = std::make_shared<std::uint64_t>(0);
    auto as_json = std::make_shared<bool>(false);
    command->add_option("id", *id, "The job's id")->required()->check(CheckWholeNumber);
    if (row.has_json) command->add_flag("--json", *as_json, "Print the API's answer");
    if (std::string_view(row.name) == "delete") command->alias("rm");
    AddUrlOption(*command, invocation);
    command->callback([=, &invocation, run = row.run] {
      invocation.run = [=, &invocation] { return run(invocation, *id, *as_json); };
    });
  }
}

}  // namespace tidemark::app
