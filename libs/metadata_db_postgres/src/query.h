// SQL texts, and the values that go into them.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"

namespace tidemark::metadata_db_postgres {

/// A SQL text whose values are parameters $1, $2 ... A connection prepares it once and finds it
/// again by its address, so it must live for ever, and its parameters must always be of the same
/// types.
struct Query {
  const char* sql;
};

/// A value to be stored as bytea.
struct Blob {
  std::string_view bytes;
};

/// One value as the server reads it, in its binary format: nothing is lost on the way, and a text
/// with a NUL in it is refused, not cut.
struct Parameter {
  std::uint32_t type = 0;                           // Object id of its type.
  std::optional<std::string> value = std::nullopt;  // Absent: NULL.
};

/// Which type the server takes a C++ type for, and how a value of it looks there.
template <class T>
struct ParameterOf;

template <>
struct ParameterOf<std::int64_t> {
  static constexpr std::uint32_t kType = 20;  // bigint
  static std::string Encode(std::int64_t value) {
    auto rest = std::bit_cast<std::uint64_t>(value);
    std::string bytes(sizeof rest, '\0');
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8) {
      *byte = static_cast<char>(rest & 0xff);
    }
    return bytes;
  }
};

template <>
struct ParameterOf<std::string_view> {
  static constexpr std::uint32_t kType = 25;  // text
  static std::string Encode(std::string_view text) { return std::string(text); }
};
template <>
struct ParameterOf<std::string> : ParameterOf<std::string_view> {};

template <>
struct ParameterOf<Blob> {
  static constexpr std::uint32_t kType = 17;  // bytea
  static std::string Encode(Blob blob) { return std::string(blob.bytes); }
};

/// A JSON text to be stored as jsonb, which cannot hold the character U+0000: the replacement
/// character takes its place. The SQL casts it: $1::jsonb.
struct Json {
  std::string_view text;
};

template <>
struct ParameterOf<Json> {
  static constexpr std::uint32_t kType = 25;  // text
  static std::string Encode(Json json);
};

/// What timestamptz counts from.
inline constexpr std::chrono::sys_time<std::chrono::microseconds> kPostgresEpoch =
    std::chrono::sys_days(std::chrono::year(2000) / std::chrono::January / 1);

template <>
struct ParameterOf<UtcTime> {
  static constexpr std::uint32_t kType = 1184;  // timestamptz
  static std::string Encode(UtcTime time) {
    const auto micros = std::chrono::floor<std::chrono::microseconds>(time);
    return ParameterOf<std::int64_t>::Encode((micros - kPostgresEpoch).count());
  }
};

template <class T>
Parameter ToParameter(const T& value) {
  return {.type = ParameterOf<T>::kType, .value = ParameterOf<T>::Encode(value)};
}
template <class T>
Parameter ToParameter(const std::optional<T>& value) {
  if (value) return ToParameter(*value);
  return {.type = ParameterOf<T>::kType};
}

/// A query and its values.
struct Statement {
  template <class... Values>
  explicit Statement(const Query& statement_query, const Values&... values)
      : query(&statement_query), parameters{ToParameter(values)...} {}

  const Query* query;
  std::vector<Parameter> parameters;
};

}  // namespace tidemark::metadata_db_postgres
