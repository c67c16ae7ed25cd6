// SHA-256 as hex, for manifest hashes and idempotency keys.
#pragma once

#include <string>
#include <string_view>

namespace tidemark {

/// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

}  // namespace tidemark
