// The search behind FindChains, and the two orders of segments that it is made of.
#pragma once

#include <compare>
#include <vector>

#include "tidemark/chain/canonical_chain.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// Network by network, the first difference decides; of two that agree as far as both go, the one
/// with fewer networks is less.
std::strong_ordering CompareStarts(const Segment& a, const Segment& b);
std::strong_ordering CompareEnds(const Segment& a, const Segment& b);

/// FindChains of the segments pointed at.
Chains FindChainsAmong(const std::vector<const Segment*>& segments);

/// The best fork off `canonical`, which is not empty, among `others`: segments that are not in it,
/// each with a range. Empty if there is none.
Chain FindFork(ChainView canonical, std::vector<const Segment*> others);

}  // namespace tidemark::chain
