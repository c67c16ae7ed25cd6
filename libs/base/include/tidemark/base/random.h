// Random numbers and identifiers from the system's generator.
#pragma once

#include <cstdint>
#include <string>

#include "tidemark/base/clock.h"

namespace tidemark {

/// 64 random bits, unpredictable. Thread-safe.
std::uint64_t RandomU64();

/// A UUID of version 7 (RFC 9562 5.7) in lower-case text: its text order is its time order to the
/// millisecond, and within this process it always grows, also when `now` steps back. Thread-safe.
std::string MakeUuidV7(UtcTime now);

}  // namespace tidemark
