#include "off_chain.h"

#include <utility>

#include "tidemark/chain/canonical_chain.h"

namespace tidemark::chain {
namespace {

std::size_t RangesBytes(const Segment& segment) {
  return segment.ranges.capacity() * sizeof(NetworkRange);
}

}  // namespace

void OffChain::Insert(Segment segment, PastInChain past) {
  const FileId id = segment.file_id;
  const auto [at, is_new] = by_id_.try_emplace(id, Entry{std::move(segment), past});
  if (!is_new || at->second.segment.ranges.empty()) return;
  ranges_bytes_ += RangesBytes(at->second.segment);
  in_order_.insert(&at->second.segment);
  by_parent_.insert(&at->second.segment);
}

std::optional<Segment> OffChain::Take(FileId id) {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return std::nullopt;
  if (!at->second.segment.ranges.empty()) {
    in_order_.erase(&at->second.segment);
    by_parent_.erase(&at->second.segment);
  }
  ranges_bytes_ -= RangesBytes(at->second.segment);
  Segment segment = std::move(at->second.segment);
  by_id_.erase(at);
  return segment;
}

std::optional<PastInChain> OffChain::PastOf(FileId id) const {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return std::nullopt;
  return at->second.past;
}

const Segment* OffChain::First() const { return in_order_.empty() ? nullptr : *in_order_.begin(); }

const Segment* OffChain::ChildOf(const Segment& parent) const {
  auto [child, end] = by_parent_.equal_range(ByParent::Parent{&parent});
  while (child != end && !IsAdjacent(parent, **child)) ++child;
  return child == end ? nullptr : *child;
}

std::size_t OffChain::memory_bytes() const {
  // Three nodes of a tree, and the allocator's words for them and the ranges.
  constexpr std::size_t kNode = 6 * sizeof(void*);
  constexpr std::size_t kEach =
      3 * kNode + sizeof(std::pair<const FileId, Entry>) + 2 * sizeof(void*);
  return by_id_.size() * kEach + ranges_bytes_;
}

std::optional<FileId> OffChain::GreatestId() const {
  if (by_id_.empty()) return std::nullopt;
  return by_id_.rbegin()->first;
}

void OffChain::AppendIdsAbove(const IdQuery& query, std::vector<FileId>& ids) const {
  auto at = query.id ? by_id_.upper_bound(*query.id) : by_id_.begin();
  for (; at != by_id_.end() && ids.size() <= query.most; ++at) ids.push_back(at->first);
}

void OffChain::AppendAllTo(std::vector<Segment>& segments) const {
  for (const auto& [id, entry] : by_id_) segments.push_back(entry.segment);
}

}  // namespace tidemark::chain
