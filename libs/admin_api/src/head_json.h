// A chain head in an answer.
#pragma once

#include "tidemark/base/clock.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/chain_heads/chain_heads.h"

namespace tidemark::admin_api {

/// The members number, hash, timestamp, source, observed_at and age_ms, null as far as they are not
/// known. The age is what has passed until `now`; as servers' clocks differ, never less than 0.
void WriteObservedHead(const chain_heads::HeadReport& report, UtcTime now, JsonWriter& json);

/// The members reason and detail: why the last look found no head; null if it found one.
void WriteHeadProblem(const chain_heads::HeadReport& report, JsonWriter& json);

}  // namespace tidemark::admin_api
