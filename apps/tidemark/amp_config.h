// Amp's own configuration file: which of its keys mean a setting of ours (amp-facts 9.3).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <toml++/toml.h>

namespace tidemark::app {

struct AmpKey {
  std::string_view key;
  std::string_view setting;                                   // The key of ours.
  std::optional<std::string_view> newer_name = std::nullopt;  // Of a deprecated key.
};

/// The keys that are used.
std::span<const AmpKey> AmpKeys();
/// Null if it is none of those.
const AmpKey* FindAmpKey(std::string_view key);

/// Whether a key or a table is one of Amp's that says nothing about a server of progress.
bool IsUnusedAmpKey(std::string_view key);

/// Whether any key of the file is one of Amp's.
bool IsAmpConfig(const toml::table& file);

/// What Amp takes where its file is silent.
struct AmpDefault {
  std::string_view setting;
  std::string_view text;
};
std::span<const AmpDefault> AmpDefaults();

/// "AMP_CONFIG_METADATA_DB__URL" of "metadata_db.url".
std::string AmpVariableOf(std::string_view key);

}  // namespace tidemark::app
