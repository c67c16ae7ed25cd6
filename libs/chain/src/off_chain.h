// The segments of a table that are not in its canonical chain.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "chain_order.h"
#include "id_query.h"
#include "tidemark/model/ids.h"
#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// Whether a segment has been in the canonical chain since those that are there came, by file id.
/// Not in doubt where it is kNever.
enum class PastInChain : std::uint8_t { kNever, kPerhaps };

class OffChain {
 public:
  OffChain() = default;
  OffChain(const OffChain&) = delete;
  OffChain& operator=(const OffChain&) = delete;
  OffChain(OffChain&&) = delete;
  OffChain& operator=(OffChain&&) = delete;
  ~OffChain() = default;

  /// Requires: none has its file id.
  void Insert(Segment segment, PastInChain past);

  /// nullopt if there is none.
  std::optional<Segment> Take(FileId id);

  /// nullopt if there is no such segment.
  std::optional<PastInChain> PastOf(FileId id) const;

  /// In the order of the chain, of those with a range; nullptr if there are none.
  const Segment* First() const;

  /// The first in the order of the chain that is adjacent to `parent`; nullptr if there is none.
  const Segment* ChildOf(const Segment& parent) const;

  std::size_t size() const { return by_id_.size(); }
  std::size_t memory_bytes() const;
  std::optional<FileId> GreatestId() const;
  void AppendIdsAbove(const IdQuery& query, std::vector<FileId>& ids) const;
  void AppendAllTo(std::vector<Segment>& segments) const;

 private:
  struct Entry {
    Segment segment;
    PastInChain past;
  };

  std::map<FileId, Entry> by_id_;
  std::size_t ranges_bytes_ = 0;
  // Of those with a range.
  std::set<const Segment*, InChainOrder> in_order_;
  std::set<const Segment*, ByParent> by_parent_;
};

}  // namespace tidemark::chain
