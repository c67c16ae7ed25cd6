// Settings of the commands that serve and write: from a TOML file, the environment and flags, in
// rising order of weight.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/base/log.h"
#include "tidemark/base/result.h"
#include "tidemark/chain_heads/head_poller.h"
#include "tidemark/worker/worker.h"

namespace tidemark::app {

/// Which command the settings are for.
enum class Role : std::uint8_t { kSolo = 1, kServer = 2, kWorker = 4, kAttach = 8 };

/// "solo", "server", "worker" or "attach".
std::string_view ToString(Role role);

/// Where everything lies.
struct StoreSettings {
  std::string db;    // postgres://... or sqlite:FILE
  std::string data;  // This and the others: a folder or a URL.
  std::string manifests;
  std::string providers;
  bool auto_migrate = true;
  // PostgreSQL only.
  std::size_t pool_size = 10;
  std::optional<std::size_t> pool_size_min;
  std::chrono::seconds connection_lifetime_max{1800};
  std::chrono::seconds idle_timeout{600};
};

struct Settings {
  std::filesystem::path dir = ".tidemark";  // Of solo.
  StoreSettings stores;                     // Of solo they follow from `dir`.
  std::string host = "127.0.0.1";
  std::uint16_t port = 1610;  // 0: the kernel chooses.
  LogLevel log_level = LogLevel::kInfo;
  bool cache_answers = true;  // Otherwise each is computed.
  bool log_requests = false;
  std::size_t max_connections = 10'000;
  std::size_t io_threads = 1;
  chain_heads::HeadPollerOptions heads;
  worker::WorkerOptions worker;
};

/// What the command line said: a value for each key that was given, and the file.
struct SettingFlags {
  std::optional<std::string> config_file = std::nullopt;
  std::map<std::string, std::string, std::less<>> values = {};
};

/// Value of an environment variable; nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Joins defaults, the TOML file (--config, else TIDEMARK_CONFIG), the environment
/// (AMP_CONFIG_<KEY> but for solo, then TIDEMARK_<KEY>) and flags. The file has our own keys or is
/// a configuration of Amp. A relative path in it is relative to the file. A key of another role is
/// taken and not used, so that one file can serve all of a deployment.
/// Errors: kInvalidArgument, naming the setting and where it stands, or what is missing; never with
/// the value of a database URL, which may hold a password.
Result<Settings> LoadSettings(Role role, const SettingFlags& flags, const Environment& environment);

/// One setting, for declaring flags.
struct SettingFlag {
  std::string_view key;
  std::string flag;  // "--log-level"
  std::string_view meaning;
};

/// The settings of a role that have a flag.
std::vector<SettingFlag> FlagsOf(Role role);

/// The keys that a file may have, with what they mean: for --help.
std::string DescribeSettings(Role role);

}  // namespace tidemark::app
