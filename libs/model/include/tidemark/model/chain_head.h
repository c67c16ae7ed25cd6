// The newest block of a network.
#pragma once

#include <cstdint>
#include <string_view>

#include "tidemark/base/clock.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/bytes.h"

namespace tidemark {

/// Which head of a chain is meant.
enum class HeadTag : std::uint8_t { kLatest, kFinalized };

/// "latest" or "finalized".
constexpr std::string_view ToString(HeadTag tag) {
  return tag == HeadTag::kLatest ? "latest" : "finalized";
}

/// The newest block of a chain, as one provider saw it.
struct ChainHead {
  BlockNumber number;
  BlockHash hash;
  std::uint64_t timestamp_s = 0;  // Of the block.

  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

/// A head, and when it was seen.
struct ObservedHead {
  ChainHead head;
  UtcTime observed_at;

  friend bool operator==(const ObservedHead&, const ObservedHead&) = default;
};

}  // namespace tidemark
