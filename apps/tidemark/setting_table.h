// Every setting of our own: its key, whom it concerns, and how its text is read.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "settings.h"
#include "tidemark/base/result.h"

namespace tidemark::app {

/// What a text stands for, as far as it matters before it is read.
enum class SettingKind : std::uint8_t {
  kText,
  kPlace,     // A folder or a URL; in a file, relative to the file.
  kDatabase,  // A file of SQLite likewise. May hold a password.
};

struct Setting {
  std::string_view key;
  std::uint8_t roles;     // Bits of Role.
  std::string_view flag;  // Empty: there is none.
  SettingKind kind;
  std::string_view meaning;
  /// Errors: kInvalidArgument, saying what it must be.
  Status (*set)(Settings&, std::string_view);
};

std::span<const Setting> AllSettings();

/// Null if there is no such setting.
const Setting* FindSetting(std::string_view key);

}  // namespace tidemark::app
