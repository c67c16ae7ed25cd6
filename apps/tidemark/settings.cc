#include "settings.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "amp_config.h"
#include "setting_table.h"
#include "tidemark/base/random.h"
#include "tidemark/model/names.h"

namespace tidemark::app {
namespace {

std::unexpected<Error> Invalid(std::string message) {
  return MakeError(ErrorCode::kInvalidArgument, std::move(message));
}

std::string VariableOf(std::string_view key) {
  std::string name = "TIDEMARK_";
  for (const char c : key) {
    name.push_back(c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c));
  }
  return name;
}

Status Apply(Settings& settings, const Setting& setting, std::string_view text,
             std::string_view where) {
  const Status status = setting.set(settings, text);
  if (status) return {};
  if (setting.kind == SettingKind::kDatabase) {
    return Invalid(fmt::format("{}: {}", where, status.error().message));
  }
  return Invalid(fmt::format("{} = '{}': {}", where, text, status.error().message));
}

/// `text` of a file or of Amp's environment, where a relative path is relative to the file.
std::string RelativeTo(const std::filesystem::path& folder, SettingKind kind, std::string text) {
  constexpr std::string_view kSqlite = "sqlite:";
  switch (kind) {
    case SettingKind::kText:
      return text;
    case SettingKind::kPlace:
      if (text.empty() || text.find("://") != std::string::npos) return text;
      return (folder / text).string();
    case SettingKind::kDatabase:
      if (!text.starts_with(kSqlite) || text.starts_with("sqlite://") ||
          text.size() == kSqlite.size()) {
        return text;
      }
      return std::string(kSqlite) + (folder / text.substr(kSqlite.size())).string();
  }
  return text;
}

std::optional<std::string> TextOfNode(const toml::node& node) {
  if (const auto* string = node.as_string()) return string->get();
  if (const auto* integer = node.as_integer()) return fmt::to_string(integer->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  return std::nullopt;
}

struct ConfigFile {
  std::string name;
  std::filesystem::path folder;
  toml::table table;
};

Result<ConfigFile> ReadConfigFile(const std::string& name) {
  try {
    return ConfigFile{.name = name,
                      .folder = std::filesystem::path(name).parent_path(),
                      .table = toml::parse_file(name)};
  } catch (const toml::parse_error& error) {
    const auto line = error.source().begin.line;
    return Invalid(line == 0 ? fmt::format("{}: {}", name, error.description())
                             : fmt::format("{}:{}: {}", name, line, error.description()));
  }
}

/// What the loading of one command's settings works on.
struct Loading {
  Role role;
  Settings& settings;
  bool is_amp = false;
  std::filesystem::path folder = {};  // Of the file; the current one without a file.
};

Status ApplyAmpKey(const Loading& loading, const AmpKey& amp_key, const std::string& text,
                   const std::string& where) {
  const Setting& setting = *FindSetting(amp_key.setting);
  return Apply(loading.settings, setting, RelativeTo(loading.folder, setting.kind, text), where);
}

Status ApplyTable(const Loading& loading, const ConfigFile& file, const toml::table& table,
                  const std::string& prefix) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix + std::string(name.str());
    const auto line = node.source().begin.line;
    if (loading.is_amp && IsUnusedAmpKey(key)) continue;
    if (const auto* inner = node.as_table()) {
      TIDEMARK_TRY(ApplyTable(loading, file, *inner, key + "."));
      continue;
    }
    const AmpKey* amp_key = loading.is_amp ? FindAmpKey(key) : nullptr;
    const Setting* setting = FindSetting(amp_key == nullptr ? key : amp_key->setting);
    if (setting == nullptr && loading.is_amp) {
      Log(LogLevel::kWarning, "unknown_setting", {{"file", file.name}, {"key", key}});
      continue;
    }
    if (setting == nullptr) {
      return Invalid(fmt::format("{}:{}: there is no setting '{}'; see tidemark {} --help",
                                 file.name, line, key, ToString(loading.role)));
    }
    const auto text = TextOfNode(node);
    if (!text) {
      return Invalid(fmt::format("{}:{}: {} must be a text, a whole number, true or false",
                                 file.name, line, key));
    }
    // What Amp calls by a newer name as well, it takes from there.
    if (amp_key != nullptr && amp_key->newer_name && file.table.at_path(*amp_key->newer_name)) {
      continue;
    }
    TIDEMARK_TRY(Apply(loading.settings, *setting, RelativeTo(loading.folder, setting->kind, *text),
                       fmt::format("{}: {}", file.name, key)));
  }
  return {};
}

Status ApplyFile(Loading& loading, const ConfigFile& file) {
  loading.is_amp = IsAmpConfig(file.table);
  loading.folder = file.folder;
  if (!loading.is_amp) return ApplyTable(loading, file, file.table, "");
  if (loading.role == Role::kSolo) {
    return Invalid(
        fmt::format("{} is a configuration of Amp; tidemark server takes it", file.name));
  }
  for (const AmpDefault& value : AmpDefaults()) {
    const Setting& setting = *FindSetting(value.setting);
    TIDEMARK_TRY(setting.set(loading.settings,
                             RelativeTo(loading.folder, setting.kind, std::string(value.text))));
  }
  return ApplyTable(loading, file, file.table, "");
}

Status ApplyEnvironment(const Loading& loading, const Environment& environment) {
  if (loading.role != Role::kSolo) {
    for (const AmpKey& amp_key : AmpKeys()) {
      const std::string variable = AmpVariableOf(amp_key.key);
      if (const auto text = environment(variable)) {
        TIDEMARK_TRY(ApplyAmpKey(loading, amp_key, *text, variable));
      }
    }
  }
  for (const Setting& setting : AllSettings()) {
    const std::string variable = VariableOf(setting.key);
    if (const auto text = environment(variable)) {
      TIDEMARK_TRY(Apply(loading.settings, setting, *text, variable));
    }
  }
  return {};
}

bool Concerns(const Setting& setting, Role role) {
  return (setting.roles & static_cast<std::uint8_t>(role)) != 0;
}

/// "<what the data's last step is in>/<name>"; nullopt if the data is a whole bucket.
std::optional<std::string> BesideData(std::string data, std::string_view name) {
  while (data.size() > 1 && data.ends_with('/')) data.pop_back();
  const auto scheme_end = data.find("://");
  const auto path_begin = scheme_end == std::string::npos ? 0 : scheme_end + 3;
  const auto slash = data.rfind('/');
  const bool has_slash = slash != std::string::npos && slash >= path_begin;
  if (scheme_end != std::string::npos && !has_slash) return std::nullopt;
  return has_slash ? fmt::format("{}{}", data.substr(0, slash + 1), name) : std::string(name);
}

/// Checks that what has no default was given, and fills in what follows from the rest.
Status Complete(Role role, Settings& settings) {
  StoreSettings& stores = settings.stores;
  if (role == Role::kSolo) {
    stores.db = fmt::format("sqlite:{}", (settings.dir / "tidemark.db").string());
    stores.data = settings.dir / "data";
    stores.manifests = settings.dir / "manifests";
    stores.providers = settings.dir / "providers";
    return {};
  }
  if (stores.db.empty() && role == Role::kAttach) {
    return Invalid(
        "no database: say --db postgres://USER:PASSWORD@HOST/DATABASE, or give Amp's configuration "
        "with --config");
  }
  if (stores.db.empty()) {
    return Invalid(
        "no database: say --db postgres://USER:PASSWORD@HOST/DATABASE or --db sqlite:FILE, or "
        "name it in the --config file");
  }
  if (role == Role::kAttach) return {};
  if (stores.data.empty()) {
    return Invalid(
        "no place for the data: say --data with a folder or a URL (s3://, gs://, az://)");
  }
  struct Place {
    std::string& value;
    std::string_view name;
  };
  for (const Place& place :
       {Place{stores.manifests, "manifests"}, Place{stores.providers, "providers"}}) {
    if (!place.value.empty()) continue;
    const auto beside = BesideData(stores.data, place.name);
    if (!beside) {
      return Invalid(fmt::format("no place for the {0}: there is nothing beside {1}, say --{0}",
                                 place.name, stores.data));
    }
    place.value = *beside;
  }
  return {};
}

/// The host's name made into the beginning of a node id, and random digits, so that two workers of
/// one host differ.
std::string MakeNodeId() {
  std::array<char, 64> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  std::string name;
  for (const char c : std::string_view(host.data())) {
    if (IsNodeId(name + c)) name.push_back(c);
  }
  return fmt::format("{}-{:08x}", name.empty() ? "worker" : name,
                     static_cast<std::uint32_t>(RandomU64()));
}

}  // namespace

std::string_view ToString(Role role) {
  switch (role) {
    case Role::kSolo:
      return "solo";
    case Role::kServer:
      return "server";
    case Role::kWorker:
      return "worker";
    case Role::kAttach:
      return "attach";
  }
  return "";
}

Result<Settings> LoadSettings(Role role, const SettingFlags& flags,
                              const Environment& environment) {
  Settings settings;
  settings.worker.node_id = role == Role::kSolo ? "solo" : MakeNodeId();
  Loading loading{.role = role, .settings = settings};
  const auto file_name = flags.config_file ? flags.config_file : environment("TIDEMARK_CONFIG");
  if (file_name) {
    TIDEMARK_TRY(const ConfigFile file, ReadConfigFile(*file_name));
    TIDEMARK_TRY(ApplyFile(loading, file));
  }
  TIDEMARK_TRY(ApplyEnvironment(loading, environment));
  for (const auto& [key, text] : flags.values) {
    const Setting& setting = *FindSetting(key);
    TIDEMARK_TRY(Apply(settings, setting, text, setting.flag));
  }
  TIDEMARK_TRY(Complete(role, settings));
  return settings;
}

std::vector<SettingFlag> FlagsOf(Role role) {
  std::vector<SettingFlag> flags;
  for (const Setting& setting : AllSettings()) {
    if (!setting.flag.empty() && Concerns(setting, role)) {
      flags.push_back(
          {.key = setting.key, .flag = std::string(setting.flag), .meaning = setting.meaning});
    }
  }
  return flags;
}

std::string DescribeSettings(Role role) {
  std::string text =
      "\nSettings of the --config file (TOML), each also as an environment variable:\n";
  for (const Setting& setting : AllSettings()) {
    if (!Concerns(setting, role)) continue;
    text +=
        fmt::format("  {:<28} {:<38} {}\n", setting.key, VariableOf(setting.key), setting.meaning);
  }
  if (role != Role::kSolo) {
    text +=
        "\nThe file may also be a configuration of Amp, unchanged; then AMP_CONFIG_<KEY> is read "
        "as "
        "well.\n";
  }
  return text;
}

}  // namespace tidemark::app
