// Identifiers that the metadata database hands out. Each is a type of its own.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidemark {

/// A positive number from a database sequence.
template <class Tag>
struct Id {
  std::int64_t value = 0;
  friend constexpr auto operator<=>(const Id&, const Id&) = default;
};

/// A table revision: one storage place of a table (`physical_table_revisions.id`).
using LocationId = Id<struct LocationTag>;
using FileId = Id<struct FileTag>;
using JobId = Id<struct JobTag>;

/// A positive decimal number; nullopt for anything else, 0 included.
std::optional<std::int64_t> ParseId(std::string_view text);

}  // namespace tidemark
