// Members of a JSON object, read in one pass in whatever order a node wrote them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <simdjson.h>

namespace tidemark::providers {

using JsonValue = simdjson::ondemand::value;
using JsonObject = simdjson::ondemand::object;
using JsonArray = simdjson::ondemand::array;

/// The value's own text, up to the next structural character; a container is its first bracket.
inline std::string_view TokenText(JsonValue& value) {
  std::string_view text = value.raw_json_token();
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last + 1);
}

inline bool IsNull(JsonValue& value) { return TokenText(value) == "null"; }

/// A key as it is between its quotes, escapes and all: no key that matters has any.
inline std::string_view KeyText(simdjson::ondemand::raw_json_string key) {
  // Ends: simdjson refuses a text with an open string before anything of it is read.
  const char* end = key.raw();
  while (*end != '"') ++end;
  return {key.raw(), static_cast<std::size_t>(end - key.raw())};
}

enum class Presence : std::uint8_t {
  kRequired,  // Must be there, and not null.
  kOptional,  // Null counts as absent.
  kNullable,  // Read if it is there, null too.
};

/// How one member becomes part of an Out.
template <class Out>
struct Member {
  std::string_view name;
  Presence presence;
  /// False if the value is not what the member should be. May say in `why` what is wrong inside it.
  bool (*read)(JsonValue& value, Out& out, std::string& why);
};

/// The members of one kind of object that are read; all others are skipped without looking at them.
/// Looked up by a perfect hash that the compiler finds: a receipt has thirteen keys, a block of a
/// busy chain thousands of receipts.
template <class Out, std::size_t Count>
class MemberTable {
 public:
  consteval explicit MemberTable(const std::array<Member<Out>, Count>& members)
      : members_(members) {
    static_assert(Count < 64);
    for (std::size_t i = 0; i < Count; ++i) {
      if (members[i].presence == Presence::kRequired) required_ |= 1ULL << i;
    }
    while (!FillSlots()) multiplier_ += 2;
  }

  /// False if a required member is absent, one is there twice, one cannot be read, or the object is
  /// not closed; `why` says which.
  bool Read(JsonObject& object, Out& out, std::string& why) const {
    std::uint64_t seen = 0;
    for (auto next : object) {
      simdjson::ondemand::field field;
      if (std::move(next).get(field) != simdjson::SUCCESS) return Fail(why, "broken JSON");
      const std::string_view key = KeyText(field.key());
      const std::size_t i = slots_[Slot(key)];
      if (i >= Count || members_[i].name != key) continue;
      if ((seen >> i & 1U) != 0) return Fail(why, fmt::format("\"{}\" is there twice", key));
      JsonValue& value = field.value();
      if (members_[i].presence != Presence::kNullable && IsNull(value)) continue;
      seen |= 1ULL << i;
      if (!members_[i].read(value, out, why)) {
        return Fail(why, why.empty() ? fmt::format("\"{}\" cannot be read", key)
                                     : fmt::format("in \"{}\", {}", key, why));
      }
    }
    const std::uint64_t missing = required_ & ~seen;
    if (missing == 0) return true;
    const auto first = static_cast<std::size_t>(__builtin_ctzll(missing));
    return Fail(why, fmt::format("\"{}\" is missing", members_[first].name));
  }

 private:
  static constexpr std::size_t kSlots = 256;
  static constexpr std::uint8_t kFree = 0xFF;

  static bool Fail(std::string& why, std::string text) {
    why = std::move(text);
    return false;
  }

  constexpr std::size_t Slot(std::string_view key) const {
    if (key.empty()) return 0;
    const auto letter = [&](std::size_t i) { return static_cast<std::uint8_t>(key[i]); };
    const std::uint32_t mixed = static_cast<std::uint8_t>(key.size()) |
                                static_cast<std::uint32_t>(letter(0)) << 8U |
                                static_cast<std::uint32_t>(letter(key.size() / 2)) << 16U |
                                static_cast<std::uint32_t>(letter(key.size() - 1)) << 24U;
    return mixed * multiplier_ >> 24U;
  }

  constexpr bool FillSlots() {
    slots_.fill(kFree);
    for (std::size_t i = 0; i < Count; ++i) {
      std::uint8_t& slot = slots_[Slot(members_[i].name)];
      if (slot != kFree) return false;
      slot = static_cast<std::uint8_t>(i);
    }
    return true;
  }

  std::array<Member<Out>, Count> members_;
  std::array<std::uint8_t, kSlots> slots_{};
  std::uint64_t required_ = 0;
  std::uint32_t multiplier_ = 0x9E3779B1;
};

/// The table of `members`, its size counted.
template <class Out, std::size_t Count>
consteval MemberTable<Out, Count> MakeMembers(const Member<Out> (&members)[Count]) {
  return MemberTable<Out, Count>(std::to_array(members));
}

}  // namespace tidemark::providers
