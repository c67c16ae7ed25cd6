// Random numbers and identifiers from the system's generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tidemark/base/clock.h"

namespace tidemark {

/// 64 random bits, unpredictable. Thread-safe.
std::uint64_t RandomU64();

/// A UUID of version 7 (RFC 9562 5.7) in lower-case text: its text order is its time order to the
/// millisecond, and within this process it always grows, also when `now` steps back. Thread-safe.
std::string MakeUuidV7(UtcTime now);

/// Whether `text` has the form of what MakeUuidV7 yields.
bool IsUuidV7(std::string_view text);

}  // namespace tidemark
