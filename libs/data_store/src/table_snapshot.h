// The segments of one table at one moment.
#pragma once

#include <cstdint>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/data_store/data_store.h"
#include "tidemark/model/segment.h"

namespace tidemark::data_store {

/// Immutable.
class TableSnapshot {
 public:
  /// `quarantined_files`: rows that `segments` leaves out.
  /// Errors: kCorruption if the rules name a start block and the chain covers several networks.
  static Result<TableSnapshot> Make(std::vector<Segment> segments, std::uint64_t quarantined_files,
                                    const ProgressRules& rules);

  // The chain points into the segments, which a copy would leave behind.
  TableSnapshot(const TableSnapshot&) = delete;
  TableSnapshot& operator=(const TableSnapshot&) = delete;
  TableSnapshot(TableSnapshot&&) = default;
  TableSnapshot& operator=(TableSnapshot&&) = default;
  ~TableSnapshot() = default;

  /// The canonical chain; empty if there is none, or none that the rules let count.
  chain::ChainView CanonicalSegments() const { return canonical_; }

  /// What the canonical chain covers, one range a network; empty if there is no chain.
  Result<std::vector<NetworkRange>> SyncedRange() const;

  std::uint64_t quarantined_files() const { return quarantined_files_; }

 private:
  TableSnapshot(std::vector<Segment> segments, chain::Chain canonical,
                std::uint64_t quarantined_files)
      : segments_(std::move(segments)),
        canonical_(std::move(canonical)),
        quarantined_files_(quarantined_files) {}

  std::vector<Segment> segments_;
  chain::Chain canonical_;
  std::uint64_t quarantined_files_;
};

}  // namespace tidemark::data_store
