// SHA-256 as hex.
#pragma once

#include <string>
#include <string_view>

namespace tidemark {

/// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace tidemark
