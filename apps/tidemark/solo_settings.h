// Settings of `tidemark solo`: from a TOML file, the environment and flags, in rising order of
// weight.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/base/log.h"
#include "tidemark/base/result.h"
#include "tidemark/worker/worker.h"

namespace tidemark::app {

struct SoloSettings {
  std::filesystem::path dir = ".tidemark";
  std::string host = "127.0.0.1";
  std::uint16_t port = 1610;  // 0: the kernel chooses.
  LogLevel log_level = LogLevel::kInfo;
  worker::WorkerOptions worker;
};

/// What the command line said. Absent: not said.
struct SoloFlags {
  std::optional<std::string> config_file;
  std::optional<std::string> dir;
  std::optional<std::string> listen;
  std::optional<std::string> log_level;
};

/// Value of an environment variable; nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Joins defaults, the TOML file (--config, else TIDEMARK_CONFIG), TIDEMARK_<KEY> and flags. A
/// relative `dir` in the file is relative to the file. Errors: kInvalidArgument, naming the setting
/// and where it stands.
Result<SoloSettings> LoadSoloSettings(const SoloFlags& flags, const Environment& environment);

/// The keys that a file may have, with what they mean: for --help.
std::string DescribeSoloSettings();

}  // namespace tidemark::app
