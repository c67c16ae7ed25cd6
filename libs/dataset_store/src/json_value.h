// Strict reading of JSON with simdjson's DOM: an error says which member is wrong and what it must
// be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "tidemark/base/result.h"

namespace tidemark::dataset_store {

/// Parses a document that is nested at most as deep as the recursion over it may be.
/// Errors: kInvalidArgument.
Result<simdjson::dom::element> ParseJson(simdjson::dom::parser& parser, std::string_view json);

/// A value in a document, and where it stands there. Members and elements point back to the value
/// that they were taken from, which must outlive them, so that only an error pays for its path.
/// Errors of every function: kInvalidArgument.
class JsonValue {
 public:
  explicit JsonValue(simdjson::dom::element root) : element_(root) {}

  /// The member's name; empty for an element of an array and for the root.
  std::string_view name() const { return name_; }
  bool is_null() const { return element_.is_null(); }

  /// Text without control characters: names and paths, which are shown and logged.
  Result<std::string_view> Text() const;
  /// Text of several lines: source code.
  Result<std::string_view> MultilineText() const;
  Result<bool> Bool() const;
  Result<std::uint64_t> Unsigned() const;
  /// Both ends are allowed.
  Result<std::int64_t> Integer(std::int64_t min, std::int64_t max) const;

  Result<JsonValue> Member(std::string_view name) const;
  Result<std::optional<JsonValue>> OptionalMember(std::string_view name) const;
  /// All members, sorted by name; none may be there twice.
  Result<std::vector<JsonValue>> Members() const;
  Result<std::vector<JsonValue>> Elements() const;
  /// The elements of an array that has exactly two.
  Result<std::vector<JsonValue>> Pair() const;

  /// "tables.blocks.network must be <expected>".
  std::unexpected<Error> MustBe(std::string_view expected) const;

 private:
  JsonValue(simdjson::dom::element element, const JsonValue* parent, std::string_view name,
            std::size_t index)
      : element_(element), parent_(parent), name_(name), index_(index) {}

  Result<simdjson::dom::object> Object() const;
  void AppendPath(std::string& out) const;

  simdjson::dom::element element_;
  const JsonValue* parent_ = nullptr;
  std::string_view name_;
  std::size_t index_ = 0;  // In the parent, if that is an array.
};

}  // namespace tidemark::dataset_store
