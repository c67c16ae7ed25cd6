// Paths of objects: which are allowed, and how they look in URLs.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::object_store {

/// How the names of unfinished files start; no object's path may have a segment that starts so.
inline constexpr std::string_view kTemporaryPrefix = ".tidemark-tmp-";

/// Errors: kInvalidArgument, saying which rule of ObjectStore the path breaks.
Status CheckObjectPath(std::string_view path);

/// The path with every byte percent-encoded that RFC 3986 does not allow in one.
std::string PercentEncodePath(std::string_view path);

}  // namespace tidemark::object_store
