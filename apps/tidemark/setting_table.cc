#include "setting_table.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "database_url.h"
#include "tidemark/base/text.h"
#include "tidemark/model/names.h"

namespace tidemark::app {
namespace {

std::unexpected<Error> Invalid(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

/// Sizes and counts; nothing that fits a setting is near this.
constexpr std::uint64_t kMost = 1ULL << 50U;
/// Durations are added to moments in nanoseconds, which end after 292 years.
constexpr std::uint64_t kMostSeconds = 10ULL * 365 * 86'400;

Result<std::uint64_t> ParsePositive(std::string_view text, std::uint64_t most = kMost) {
  const auto number = ParseDecimal<std::uint64_t>(text);
  if (!number || *number == 0 || *number > most) {
    return Invalid(fmt::format("must be a whole number from 1 to {}", most));
  }
  return *number;
}

/// Where 0 turns something off.
Result<std::uint64_t> ParseSeconds(std::string_view text) {
  const auto number = ParseDecimal<std::uint64_t>(text);
  if (number && *number <= kMostSeconds) return *number;
  return Invalid(fmt::format("must be a whole number from 0 to {}", kMostSeconds));
}

Status SetDir(Settings& settings, std::string_view text) {
  if (text.empty()) return Invalid("must not be empty");
  settings.dir = text;
  return {};
}

Status SetDatabase(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(ParseDatabaseUrl(text));
  settings.stores.db = text;
  return {};
}

template <std::string StoreSettings::* Place>
Status SetPlace(Settings& settings, std::string_view text) {
  if (text.empty()) return Invalid("must not be empty");
  settings.stores.*Place = text;
  return {};
}

Result<bool> ParseBool(std::string_view text) {
  if (text != "true" && text != "false") return Invalid("must be true or false");
  return text == "true";
}

Status SetAutoMigrate(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.stores.auto_migrate, ParseBool(text));
  return {};
}

Status SetCache(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.cache_answers, ParseBool(text));
  return {};
}

Status SetAccessLog(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.log_requests, ParseBool(text));
  return {};
}

Status SetMaxConnections(Settings& settings, std::string_view text) {
  constexpr std::uint64_t kMostConnections = 1'000'000;
  TIDEMARK_TRY(settings.max_connections, ParsePositive(text, kMostConnections));
  return {};
}

Status SetIoThreads(Settings& settings, std::string_view text) {
  constexpr std::uint64_t kMostThreads = 256;
  TIDEMARK_TRY(settings.io_threads, ParsePositive(text, kMostThreads));
  return {};
}

Status SetPoolSize(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.stores.pool_size, ParsePositive(text));
  return {};
}

Status SetPoolSizeMin(Settings& settings, std::string_view text) {
  const auto number = ParseDecimal<std::uint32_t>(text);
  if (!number) return Invalid("must be a whole number");
  settings.stores.pool_size_min = *number;
  return {};
}

Status SetLifetime(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(const std::uint64_t seconds, ParsePositive(text, kMostSeconds));
  settings.stores.connection_lifetime_max = std::chrono::seconds(seconds);
  return {};
}

Status SetIdleTimeout(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(const std::uint64_t seconds, ParsePositive(text, kMostSeconds));
  settings.stores.idle_timeout = std::chrono::seconds(seconds);
  return {};
}

Status SetListen(Settings& settings, std::string_view text) {
  const auto colon = text.rfind(':');
  std::string_view host = text.substr(0, std::min(colon, text.size()));
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto port = colon == std::string_view::npos
                        ? std::nullopt
                        : ParseDecimal<std::uint16_t>(text.substr(colon + 1));
  if (host.empty() || !port) return Invalid("must be HOST:PORT, for example 127.0.0.1:1610");
  settings.host = host;
  settings.port = *port;
  return {};
}

Status SetLevel(Settings& settings, std::string_view text) {
  const auto level = ParseLogLevel(text);
  if (!level) return Invalid("must be debug, info, warning, error or off");
  settings.log_level = *level;
  return {};
}

Status SetHeadInterval(Settings& settings, std::string_view text) {
  // The lease is a few intervals, and ends within a day.
  constexpr std::uint64_t kHourMs = 3'600'000;
  TIDEMARK_TRY(const std::uint64_t milliseconds, ParsePositive(text, kHourMs));
  settings.heads.poll_interval = std::chrono::milliseconds(milliseconds);
  return {};
}

Status SetProviderRefresh(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(const std::uint64_t milliseconds, ParsePositive(text, 1'000 * kMostSeconds));
  settings.heads.provider_refresh = std::chrono::milliseconds(milliseconds);
  return {};
}

Status SetNodeId(Settings& settings, std::string_view text) {
  if (!IsNodeId(text)) return Invalid("must start with a letter, then letters, digits, _ - and .");
  settings.worker.node_id = text;
  return {};
}

template <std::uint64_t worker::WorkerOptions::* Option>
Status SetWorkerNumber(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.worker.*Option, ParsePositive(text));
  return {};
}

template <std::chrono::milliseconds worker::WorkerOptions::* Option>
Status SetWorkerSeconds(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(const std::uint64_t seconds, ParsePositive(text, kMostSeconds));
  settings.worker.*Option = std::chrono::seconds(seconds);
  return {};
}

/// The same, where 0 turns something off.
template <std::chrono::milliseconds worker::WorkerOptions::* Option>
Status SetWorkerSecondsOrOff(Settings& settings, std::string_view text) {
  TIDEMARK_TRY(const std::uint64_t seconds, ParseSeconds(text));
  settings.worker.*Option = std::chrono::seconds(seconds);
  return {};
}

constexpr std::uint8_t kSolo = static_cast<std::uint8_t>(Role::kSolo);
constexpr std::uint8_t kServer = static_cast<std::uint8_t>(Role::kServer);
constexpr std::uint8_t kWorker = static_cast<std::uint8_t>(Role::kWorker);
constexpr std::uint8_t kAttach = static_cast<std::uint8_t>(Role::kAttach);
constexpr std::uint8_t kApart = kServer | kWorker;
constexpr std::uint8_t kApi = kSolo | kServer;
constexpr std::uint8_t kWriting = kSolo | kWorker;
constexpr std::uint8_t kAll = kSolo | kApart;

constexpr auto kText = SettingKind::kText;
constexpr auto kPlace = SettingKind::kPlace;

constexpr std::array kSettings = {
    Setting{"dir", kSolo, "--dir", kPlace,
            "folder of database, data, manifests, providers (.tidemark)", SetDir},
    Setting{"db", kApart | kAttach, "--db", SettingKind::kDatabase,
            "postgres://USER:PASSWORD@HOST/DATABASE or sqlite:FILE", SetDatabase},
    Setting{"data", kApart, "--data", kPlace,
            "folder or URL of the Parquet files: s3://, gs://, az://, file://",
            SetPlace<&StoreSettings::data>},
    Setting{"manifests", kApart, "--manifests", kPlace,
            "the same for manifests (manifests, beside the data)",
            SetPlace<&StoreSettings::manifests>},
    Setting{"providers", kApart, "--providers", kPlace,
            "the same for provider files (providers, beside the data)",
            SetPlace<&StoreSettings::providers>},
    Setting{"listen", kApi, "--listen", kText, "address of the Admin API (127.0.0.1:1610)",
            SetListen},
    Setting{"max_connections", kApi, "", kText, "open connections to it at most (10000)",
            SetMaxConnections},
    Setting{"io_threads", kApi, "", kText, "threads that serve connections (1)", SetIoThreads},
    Setting{"log_level", kAll, "--log-level", kText, "debug, info, warning, error or off (info)",
            SetLevel},
    Setting{"auto_migrate", kApart, "", kText, "whether to create and migrate the database (true)",
            SetAutoMigrate},
    Setting{"db_pool_size", kApart, "", kText, "connections to PostgreSQL at most (10)",
            SetPoolSize},
    Setting{"db_pool_size_min", kApart, "", kText, "idle connections that are kept (3)",
            SetPoolSizeMin},
    Setting{"db_max_lifetime_secs", kApart, "", kText, "age at which one is closed (1800)",
            SetLifetime},
    Setting{"db_idle_timeout_secs", kApart, "", kText, "idle time after which one is closed (600)",
            SetIdleTimeout},
    Setting{"cache", kApi, "", kText,
            "whether answers are kept for as long as they hold; false: as --no-cache (true)",
            SetCache},
    Setting{"access_log", kApi, "", kText, "whether each request is logged (false)", SetAccessLog},
    Setting{"heads.poll_interval_ms", kApi, "", kText,
            "how often a network's chain head is asked for (1000)", SetHeadInterval},
    Setting{"heads.provider_refresh_ms", kApi, "", kText,
            "how soon a change of the provider files is noticed (5000)", SetProviderRefresh},
    Setting{"worker.node_id", kWriting, "--node-id", kText,
            "name of this worker (of solo: solo; else host name and random digits)", SetNodeId},
    Setting{"worker.fetch_blocks", kWriting, "", kText, "blocks asked of a provider at once (100)",
            SetWorkerNumber<&worker::WorkerOptions::fetch_blocks>},
    Setting{"worker.partition_min_blocks", kWriting, "", kText,
            "blocks of the least part that one of a job's writers takes (2000)",
            SetWorkerNumber<&worker::WorkerOptions::partition_min_blocks>},
    Setting{"worker.segment_max_bytes", kWriting, "", kText,
            "size at which a file is closed (2147483648)",
            SetWorkerNumber<&worker::WorkerOptions::segment_max_bytes>},
    Setting{"worker.segment_max_rows", kWriting, "", kText,
            "rows of a table after which its files are closed (100000000)",
            SetWorkerNumber<&worker::WorkerOptions::segment_max_rows>},
    Setting{"worker.segment_max_blocks", kWriting, "", kText,
            "blocks after which a file is closed (1000000)",
            SetWorkerNumber<&worker::WorkerOptions::segment_max_blocks>},
    Setting{"worker.segment_max_age_secs", kWriting, "", kText,
            "age at which a file is closed (600)",
            SetWorkerSeconds<&worker::WorkerOptions::segment_max_age>},
    Setting{"worker.compact_interval_secs", kWriting, "", kText,
            "how often small files are made one; 0: never (0)",
            SetWorkerSecondsOrOff<&worker::WorkerOptions::compact_interval>},
    Setting{"worker.compact_margin_blocks", kWriting, "", kText,
            "newest blocks whose files are left as they are (1024)",
            SetWorkerNumber<&worker::WorkerOptions::compact_margin_blocks>},
    Setting{"worker.compact_max_bytes", kWriting, "", kText,
            "size of such a file at most (134217728)",
            SetWorkerNumber<&worker::WorkerOptions::compact_max_bytes>},
    Setting{"worker.collect_delay_secs", kWriting, "", kText,
            "how long the files that it stands for stay (1800)",
            SetWorkerSeconds<&worker::WorkerOptions::collect_delay>},
    Setting{"worker.collect_interval_secs", kWriting, "", kText,
            "how often garbage is looked for; 0: never (30)",
            SetWorkerSecondsOrOff<&worker::WorkerOptions::collect_interval>},
    Setting{"worker.orphan_grace_secs", kWriting, "", kText,
            "how long objects that no row names are left alone; 0: for ever (3600)",
            SetWorkerSecondsOrOff<&worker::WorkerOptions::orphan_grace>},
};

}  // namespace

std::span<const Setting> AllSettings() { return kSettings; }

const Setting* FindSetting(std::string_view key) {
  const auto* found = std::ranges::find(kSettings, key, &Setting::key);
  return found == kSettings.end() ? nullptr : found;
}

}  // namespace tidemark::app
