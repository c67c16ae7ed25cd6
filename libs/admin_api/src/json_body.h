// The JSON object in a request's body, read strictly.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <simdjson.h>

#include "problem.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// A member is of the wanted type, or the problem names it. Unknown members are ignored; a known
/// one that is there twice is a problem. Null counts as absent. All problems have status 400 and
/// the code given to Parse.
class JsonBody {
 public:
  enum class IfEmpty : std::uint8_t { kRefuse, kNoMembers };

  /// Problems: 415 for a content type that is not JSON; 400.
  static Outcome<JsonBody> Parse(const http::Request& request, std::string_view code,
                                 IfEmpty if_empty);

  Outcome<std::string> Text(std::string_view name) const;
  Outcome<std::optional<std::string>> OptionalText(std::string_view name) const;
  Outcome<std::optional<std::uint32_t>> OptionalNumber(std::string_view name, std::uint32_t min,
                                                       std::uint32_t max) const;
  /// A positive integer to 2^63-1.
  Outcome<std::optional<std::int64_t>> OptionalId(std::string_view name) const;
  Outcome<std::optional<bool>> OptionalBool(std::string_view name) const;
  /// Valid as long as this body, like the next two.
  Outcome<simdjson::dom::element> Member(std::string_view name) const;
  Outcome<std::optional<simdjson::dom::element>> OptionalMember(std::string_view name) const;
  /// The whole body.
  simdjson::dom::element root() const { return root_; }

  /// "'name' must be <expected>".
  std::unexpected<Problem> MustBe(std::string_view name, std::string_view expected) const;

 private:
  JsonBody(std::unique_ptr<simdjson::dom::parser> parser, simdjson::dom::element root,
           simdjson::dom::object object, std::string_view code)
      : parser_(std::move(parser)), root_(root), object_(object), code_(code) {}

  std::unique_ptr<simdjson::dom::parser> parser_;  // Owns what the next two point into.
  simdjson::dom::element root_;
  simdjson::dom::object object_;
  std::string_view code_;
};

}  // namespace tidemark::admin_api
