// The API's index as a table: the source of the router, of the check of the OpenAPI document, and
// of who may ask what.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

#include "answer_cache.h"
#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

using Handler = Outcome<http::Reply> (*)(const Services& services, const http::Request& request);

/// A handler that tells what its reply was read from: see AnswerCache.
using TrackedHandler = Outcome<TrackedReply> (*)(const Services& services,
                                                 const http::Request& request);

/// What somebody must be allowed to do to ask a route. Nothing enforces it yet.
enum class Scope : std::uint8_t {
  kPublic,  // Says nothing about data.
  kRead,    // Changes nothing.
  kAdmin,   // Changes something, or may.
};

/// "public", "read" or "admin": x-required-scope in the OpenAPI document.
std::string_view ToString(Scope scope);

struct Entry {
  http::Method method;
  std::string_view path;
  Scope scope;
  std::variant<Handler, TrackedHandler> handler;
};

std::span<const Entry> Entries();

}  // namespace tidemark::admin_api
