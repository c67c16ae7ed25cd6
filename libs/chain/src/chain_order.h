// Orders and likenesses of segments that a chain is built by while segments come and go.
#pragma once

#include <compare>

#include "chain_search.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// The order in which the canonical chain is offered its segments.
struct InChainOrder {
  bool operator()(const Segment* a, const Segment* b) const {
    const std::strong_ordering starts = CompareStarts(*a, *b);
    if (starts != std::strong_ordering::equal) return starts == std::strong_ordering::less;
    if (a->created_at != b->created_at) return a->created_at > b->created_at;
    return a->file_id > b->file_id;
  }
};

/// By what a segment continues, then in the order of the chain.
struct ByParent {
  using is_transparent = void;

  struct Parent {
    const Segment* segment;
  };

  bool operator()(const Segment* a, const Segment* b) const {
    const auto links = CompareLinks(*a, &NetworkRange::prev_hash, *b, &NetworkRange::prev_hash);
    return links != std::strong_ordering::equal ? links == std::strong_ordering::less
                                                : InChainOrder()(a, b);
  }
  bool operator()(const Segment* a, Parent b) const {
    return CompareLinks(*a, &NetworkRange::prev_hash, *b.segment, &NetworkRange::hash) ==
           std::strong_ordering::less;
  }
  bool operator()(Parent a, const Segment* b) const {
    return CompareLinks(*a.segment, &NetworkRange::hash, *b, &NetworkRange::prev_hash) ==
           std::strong_ordering::less;
  }
};

/// True if both end with the very same blocks.
bool EndsAlike(const Segment& a, const Segment& b);

}  // namespace tidemark::chain
