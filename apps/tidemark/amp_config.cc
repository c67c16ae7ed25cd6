#include "amp_config.h"

#include <algorithm>
#include <array>

namespace tidemark::app {
namespace {

// A deprecated key goes before its newer name: of both in the environment, the newer one counts.
constexpr std::array kUsedKeys = {
    AmpKey{.key = "data_dir", .setting = "data"},
    AmpKey{.key = "dataset_defs_dir", .setting = "manifests", .newer_name = "manifests_dir"},
    AmpKey{.key = "manifests_dir", .setting = "manifests"},
    AmpKey{.key = "providers_dir", .setting = "providers"},
    AmpKey{.key = "metadata_db_url", .setting = "db", .newer_name = "metadata_db.url"},
    AmpKey{.key = "metadata_db.url", .setting = "db"},
    AmpKey{.key = "metadata_db.pool_size", .setting = "db_pool_size"},
    AmpKey{.key = "metadata_db.min_connections", .setting = "db_pool_size_min"},
    AmpKey{.key = "metadata_db.max_lifetime_secs", .setting = "db_max_lifetime_secs"},
    AmpKey{.key = "metadata_db.idle_timeout_secs", .setting = "db_idle_timeout_secs"},
    AmpKey{.key = "metadata_db.auto_migrate", .setting = "auto_migrate"},
    AmpKey{.key = "admin_api_addr", .setting = "listen"},
};

// Tables by their name alone: what is in them is Amp's business.
constexpr std::array<std::string_view, 12> kUnusedKeys = {
    "max_mem_mb",
    "query_max_mem_mb",
    "spill_location",
    "poll_interval_secs",
    "microbatch_max_interval",
    "server_microbatch_max_interval",
    "keep_alive_interval",
    "flight_addr",
    "jsonl_addr",
    "opentelemetry",
    "writer",
    "worker_events",
};

constexpr std::array kDefaults = {
    AmpDefault{.setting = "data", .text = "data"},
    AmpDefault{.setting = "manifests", .text = "manifests"},
    AmpDefault{.setting = "providers", .text = "providers"},
};

}  // namespace

std::span<const AmpKey> AmpKeys() { return kUsedKeys; }

const AmpKey* FindAmpKey(std::string_view key) {
  const auto* found = std::ranges::find(kUsedKeys, key, &AmpKey::key);
  return found == kUsedKeys.end() ? nullptr : found;
}

bool IsUnusedAmpKey(std::string_view key) {
  return std::ranges::find(kUnusedKeys, key) != kUnusedKeys.end();
}

bool IsAmpConfig(const toml::table& file) {
  return std::ranges::any_of(file, [](const auto& entry) {
    const std::string_view key = entry.first.str();
    return key == "metadata_db" || IsUnusedAmpKey(key) || FindAmpKey(key) != nullptr;
  });
}

std::span<const AmpDefault> AmpDefaults() { return kDefaults; }

std::string AmpVariableOf(std::string_view key) {
  std::string name = "AMP_CONFIG_";
  for (const char c : key) {
    if (c == '.') {
      name += "__";
    } else {
      name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return name;
}

}  // namespace tidemark::app
