// JSON out: text appended to one string, without a document in between.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tidemark {

/// Writes one compact JSON value. Commas are its business; that keys and values alternate, and that
/// every Begin has its End, is the caller's. Integers are exact to 2^64-1. Text must be UTF-8;
/// bytes that are not come out as U+FFFD, so that the result is always valid JSON. Not thread-safe.
class JsonWriter {
 public:
  JsonWriter& BeginObject();
  JsonWriter& EndObject();
  JsonWriter& BeginArray();
  JsonWriter& EndArray();
  JsonWriter& Key(std::string_view name);

  JsonWriter& Value(std::string_view text);
  JsonWriter& Value(const char* text) { return Value(std::string_view(text)); }
  JsonWriter& Value(bool value);
  JsonWriter& Value(double value);  // Not finite: null.
  template <std::unsigned_integral T>
  JsonWriter& Value(T value) {
    return Unsigned(value);
  }
  template <std::signed_integral T>
  JsonWriter& Value(T value) {
    return Signed(value);
  }
  JsonWriter& Null();
  /// Null where there is no value.
  template <class T>
  JsonWriter& Value(const std::optional<T>& value) {
    return value ? Value(*value) : Null();
  }
  /// A value that is already JSON, copied as it is.
  JsonWriter& Raw(std::string_view json);

  template <class T>
  JsonWriter& Field(std::string_view name, const T& value) {
    return Key(name).Value(value);
  }

  const std::string& text() const { return text_; }
  std::string Take() && { return std::move(text_); }

 private:
  void Separate();
  JsonWriter& Unsigned(std::uint64_t value);
  JsonWriter& Signed(std::int64_t value);

  std::string text_;
  bool needs_comma_ = false;
};

/// `text` as a JSON string, quotes included, appended to `out`. Bytes that are not UTF-8 become
/// U+FFFD.
void AppendJsonString(std::string& out, std::string_view text);

}  // namespace tidemark
