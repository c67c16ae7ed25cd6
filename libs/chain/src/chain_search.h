// The search behind FindChains, and the two orders of segments that it is made of.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "tidemark/chain/canonical_chain.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// Network by network, the first difference decides; of two that agree as far as both go, the one
/// with fewer networks is less.
std::strong_ordering CompareStarts(const Segment& a, const Segment& b);
std::strong_ordering CompareEnds(const Segment& a, const Segment& b);

/// Which of a range's two hashes is meant.
using HashField = BlockHash NetworkRange::*;

/// Networks and hashes of a segment, in an order that serves to find equal ones.
std::strong_ordering CompareLinks(const Segment& a, HashField hash_of_a, const Segment& b,
                                  HashField hash_of_b);

/// Of a hash, as a number: decides nearly every comparison of hashes without a look at a segment.
std::uint64_t FirstEightBytes(const BlockHash& hash);

/// True if no block is missing between the canonical chain and a segment behind it.
bool Touches(const Segment& first, const Segment& canonical_last);

/// The order in which the canonical chain is offered its segments. Requires: each has a range.
void SortByStart(std::vector<const Segment*>& segments);

/// FindChains of the segments pointed at.
Chains FindChainsAmong(std::vector<const Segment*> segments);

/// The best fork off `canonical`, which is not empty, among `others`: segments that are not in it,
/// each with a range. Empty if there is none.
Chain FindFork(ChainView canonical, std::vector<const Segment*> others);

}  // namespace tidemark::chain
