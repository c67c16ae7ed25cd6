// tidemark attach: the change feed in a database of Amp's
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command.h"
#include "database_url.h"
#include "output.h"
#include "settings.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/metadata_db_postgres/attached_feed.h"
#include "tidemark/object_store/open_store.h"

namespace tidemark::app {
namespace {

using metadata_db_postgres::AttachedFeedStatus;
using metadata_db_postgres::FeedInstallation;

constexpr const char* kFooter = R"(
A database of Amp's keeps no record of what has changed, so a server that is attached to it computes
every answer. With the feed it keeps answers for as long as they hold: triggers on six of Amp's tables
write down in the schema "tidemark" what has changed. They change nothing of Amp's, and let none of its
statements fail or wait. Whoever may read Amp's table of files may read the feed.

Install and remove it as the role that Amp's tables belong to, as in Amp's own configuration; Amp may
run on meanwhile. Servers that are attached notice within five seconds. Should an upgrade of Amp leave
tables that the triggers do not fit, servers compute every answer again, until a Tidemark that knows
the new schema installs it anew.

Examples:
  tidemark attach --config /etc/amp/config.toml --install-feed
  tidemark attach --db postgres://amp:PASSWORD@host/amp --status --json
  tidemark attach --config /etc/amp/config.toml --remove-feed)";

struct AttachOptions {
  SettingFlags settings;
  bool installs = false;
  bool removes = false;
  bool shows_status = false;
  bool json = false;
  std::uint64_t timeout_s = 60;
};

std::string TimeOrDash(const std::optional<UtcTime>& time) {
  return time ? FormatRfc3339(*time) : "-";
}

std::string StatusAsJson(const AttachedFeedStatus& status) {
  const auto time = [](const std::optional<UtcTime>& at) -> std::optional<std::string> {
    if (!at) return std::nullopt;
    return FormatRfc3339(*at);
  };
  JsonWriter json;
  json.BeginObject();
  json.Field("amp_schema", status.amp_schema);
  json.Field("installed", status.is_installed);
  json.Field("used", !WhyUnused(status));
  json.Field("unused_because", WhyUnused(status));
  if (status.is_installed) {
    json.Field("format", status.format);
    json.Field("installed_at", time(status.installed_at));
    json.Field("triggers_firing", status.triggers_firing);
    json.Field("triggers_expected", status.triggers_expected);
    json.Field("readable", status.is_readable);
    json.Field("changes", status.changes);
    json.Field("oldest_change_at", time(status.oldest_change));
    json.Field("faults", status.faults);
  }
  json.EndObject();
  return std::move(json).Take();
}

std::string StatusAsText(const AttachedFeedStatus& status) {
  const auto why_unused = WhyUnused(status);
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{:<10}{}\n", name, value);
  };
  add("amp", fmt::format("schema of migration {}", status.amp_schema));
  if (!status.is_installed) {
    add("feed", "not installed");
    return text;
  }
  add("feed", why_unused ? "not used: " + *why_unused : "used by servers that are attached");
  add("format", fmt::format("{}, installed {}", status.format, TimeOrDash(status.installed_at)));
  add("triggers", fmt::format("{} of {} fire", status.triggers_firing, status.triggers_expected));
  if (!status.is_readable) return text;
  add("changes",
      fmt::format("{}, the oldest of {}", status.changes, TimeOrDash(status.oldest_change)));
  add("faults", fmt::format("{}", status.faults));
  return text;
}

std::string_view ToText(FeedInstallation installation) {
  switch (installation) {
    case FeedInstallation::kInstalled:
      return "the feed has been installed";
    case FeedInstallation::kRepaired:
      return "the feed was not whole, and has been made anew";
    case FeedInstallation::kWasInstalled:
      return "the feed is installed already; whoever may read Amp's tables may read it";
  }
  return "";
}

Status RunAttach(const AttachOptions& options) {
  if (!options.installs && !options.removes && !options.shows_status) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "say what to do: --install-feed, --remove-feed or --status");
  }
  TIDEMARK_TRY(const Settings settings,
               LoadSettings(Role::kAttach, options.settings, object_store::ReadEnvironment));
  TIDEMARK_TRY(const DatabaseUrl url, ParseDatabaseUrl(settings.stores.db));
  if (url.kind != DatabaseUrl::Kind::kPostgres) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "a database of Amp's is one of PostgreSQL: say postgres://...");
  }
  const Deadline deadline = Deadline::After(std::chrono::seconds(options.timeout_s));
  if (options.installs) {
    TIDEMARK_TRY(const auto done, metadata_db_postgres::InstallAttachedFeed(url.target, deadline));
    fmt::print(stderr, "tidemark attach: {}: {}\n", url.shown, ToText(done));
  }
  if (options.removes) {
    TIDEMARK_TRY(const bool was_there,
                 metadata_db_postgres::RemoveAttachedFeed(url.target, deadline));
    fmt::print(stderr, "tidemark attach: {}: {}\n", url.shown,
               was_there ? "the feed has been removed" : "there is no feed");
  }
  if (!options.shows_status) return {};
  TIDEMARK_TRY(const auto status,
               metadata_db_postgres::ReadAttachedFeedStatus(url.target, deadline));
  return Print(options.json ? StatusAsJson(status) + "\n" : StatusAsText(status));
}

}  // namespace

void AddAttachCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand(
      "attach", "Install, remove or show the change feed in a database of Amp's");
  auto options = std::make_shared<AttachOptions>();
  auto database = std::make_shared<std::string>();
  auto* install = command->add_flag("--install-feed", options->installs,
                                    "Install the change feed, or make it whole");
  auto* remove =
      command->add_flag("--remove-feed", options->removes, "Take away all that was installed");
  auto* status =
      command->add_flag("--status", options->shows_status,
                        "Show whether it is there, whole and used, and how much is in it");
  remove->excludes(install);
  status->excludes(install)->excludes(remove);
  command->add_flag("--json", options->json, "Print the status as an object")->needs(status);
  const CLI::Option* db = command->add_option(
      "--db", *database, "postgres://USER:PASSWORD@HOST/DATABASE; also TIDEMARK_DB");
  command->add_option("--config", options->settings.config_file,
                      "Amp's configuration file; --db and the environment win over it");
  command->add_option("--timeout", options->timeout_s, "Seconds to wait while Amp is writing (60)")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{86'400}));
  command->footer(kFooter);
  command->callback([=, &invocation] {
    if (*db) options->settings.values.emplace("db", *database);
    invocation.run = [=] { return RunAttach(*options); };
  });
}

}  // namespace tidemark::app
