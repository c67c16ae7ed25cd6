#include "solo_settings.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "tidemark/base/text.h"
#include "tidemark/model/names.h"

namespace tidemark::app {
namespace {

std::unexpected<Error> Invalid(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

Status SetDir(SoloSettings& settings, std::string_view text) {
  if (text.empty()) return Invalid("must not be empty");
  settings.dir = text;
  return {};
}

Status SetListen(SoloSettings& settings, std::string_view text) {
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

Status SetLogLevel(SoloSettings& settings, std::string_view text) {
  const auto level = ParseLogLevel(text);
  if (!level) return Invalid("must be debug, info, warning, error or off");
  settings.log_level = *level;
  return {};
}

Status SetNodeId(SoloSettings& settings, std::string_view text) {
  if (!IsNodeId(text)) return Invalid("must start with a letter, then letters, digits, _ - and .");
  settings.worker.node_id = text;
  return {};
}

Result<std::uint64_t> ParsePositive(std::string_view text) {
  const auto number = ParseDecimal<std::uint64_t>(text);
  // Durations are kept in signed milliseconds; nothing that fits a setting is near the limit.
  constexpr std::uint64_t kMost = 1ULL << 50U;
  if (!number || *number == 0 || *number > kMost) {
    return Invalid(fmt::format("must be a whole number from 1 to {}", kMost));
  }
  return *number;
}

Status SetFetchBlocks(SoloSettings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.worker.fetch_blocks, ParsePositive(text));
  return {};
}

Status SetSegmentBytes(SoloSettings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.worker.segment_max_bytes, ParsePositive(text));
  return {};
}

Status SetSegmentBlocks(SoloSettings& settings, std::string_view text) {
  TIDEMARK_TRY(settings.worker.segment_max_blocks, ParsePositive(text));
  return {};
}

Status SetSegmentAge(SoloSettings& settings, std::string_view text) {
  TIDEMARK_TRY(const std::uint64_t seconds, ParsePositive(text));
  settings.worker.segment_max_age = std::chrono::seconds(seconds);
  return {};
}

/// One setting: its key in the file; the environment variable is TIDEMARK_ and the key in capitals
/// with _ for dots.
struct Setting {
  std::string_view key;
  std::string_view meaning;
  Status (*set)(SoloSettings&, std::string_view);
};

constexpr std::array kSettings = {
    Setting{"dir", "folder of database, data, manifests, providers (.tidemark)", SetDir},
    Setting{"listen", "address of the Admin API (127.0.0.1:1610)", SetListen},
    Setting{"log_level", "debug, info, warning, error or off (info)", SetLogLevel},
    Setting{"worker.node_id", "name of this worker (solo)", SetNodeId},
    Setting{"worker.fetch_blocks", "blocks asked of a provider at once (100)", SetFetchBlocks},
    Setting{"worker.segment_max_bytes", "size at which a file is closed (2147483648)",
            SetSegmentBytes},
    Setting{"worker.segment_max_blocks", "blocks after which a file is closed (1000000)",
            SetSegmentBlocks},
    Setting{"worker.segment_max_age_secs", "age at which a file is closed (600)", SetSegmentAge},
};

std::string VariableOf(std::string_view key) {
  std::string name = "TIDEMARK_";
  for (const char c : key) {
    name.push_back(c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  }
  return name;
}

Status Apply(SoloSettings& settings, const Setting& setting, std::string_view text,
             std::string_view where) {
  const Status status = setting.set(settings, text);
  if (status) return {};
  return Invalid(fmt::format("{} = '{}': {}", where, text, status.error().message));
}

Status ApplyTable(SoloSettings& settings, const toml::table& table, const std::string& prefix,
                  const std::string& file) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      TIDEMARK_TRY(ApplyTable(settings, *inner, key + ".", file));
      continue;
    }
    const auto setting = std::ranges::find(kSettings, key, &Setting::key);
    if (setting == kSettings.end()) {
      return Invalid(fmt::format("{}:{}: there is no setting '{}'; see tidemark solo --help", file,
                                 node.source().begin.line, key));
    }
    std::string text;
    if (const auto* string = node.as_string()) {
      text = string->get();
    } else if (const auto* integer = node.as_integer()) {
      text = fmt::to_string(integer->get());
    } else {
      return Invalid(fmt::format("{}:{}: {} must be a text or a whole number", file,
                                 node.source().begin.line, key));
    }
    TIDEMARK_TRY(Apply(settings, *setting, text, fmt::format("{}: {}", file, key)));
  }
  return {};
}

Status ApplyFile(SoloSettings& settings, const std::string& file) {
  toml::table table;
  try {
    table = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return Invalid(line == 0 ? fmt::format("{}: {}", file, error.description())
                             : fmt::format("{}:{}: {}", file, line, error.description()));
  }
  const std::filesystem::path before = settings.dir;
  TIDEMARK_TRY(ApplyTable(settings, table, "", file));
  if (settings.dir != before) {
    settings.dir = std::filesystem::path(file).parent_path() / settings.dir;
  }
  return {};
}

}  // namespace

Result<SoloSettings> LoadSoloSettings(const SoloFlags& flags, const Environment& environment) {
  SoloSettings settings;
  const auto file = flags.config_file ? flags.config_file : environment("TIDEMARK_CONFIG");
  if (file) TIDEMARK_TRY(ApplyFile(settings, *file));
  for (const Setting& setting : kSettings) {
    const std::string variable = VariableOf(setting.key);
    if (const auto text = environment(variable)) {
      TIDEMARK_TRY(Apply(settings, setting, *text, variable));
    }
  }
  const auto apply_flag = [&](std::string_view key, const std::optional<std::string>& text) {
    if (!text) return Status();
    std::string flag = "--" + std::string(key);
    std::ranges::replace(flag, '_', '-');
    return Apply(settings, *std::ranges::find(kSettings, key, &Setting::key), *text, flag);
  };
  TIDEMARK_TRY(apply_flag("dir", flags.dir));
  TIDEMARK_TRY(apply_flag("listen", flags.listen));
  TIDEMARK_TRY(apply_flag("log_level", flags.log_level));
  return settings;
}

std::string DescribeSoloSettings() {
  std::string text =
      "\nSettings of the --config file (TOML), each also as an environment variable:\n";
  for (const Setting& setting : kSettings) {
    text +=
        fmt::format("  {:<28} {:<38} {}\n", setting.key, VariableOf(setting.key), setting.meaning);
  }
  return text;
}

}  // namespace tidemark::app
