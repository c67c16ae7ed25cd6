// The segments of one table at one moment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tidemark/base/result.h"
#include "tidemark/chain/canonical_chain.h"
#include "tidemark/data_store/table_progress.h"
#include "tidemark/model/segment.h"

namespace tidemark::data_store {

/// Rows that are no segments.
struct Quarantine {
  std::uint64_t count = 0;
  std::string first;  // Which row came first, and why it is here.
};

/// Immutable.
class TableSnapshot {
 public:
  /// `quarantine`: what `segments` leaves out.
  /// Errors: kCorruption if the rules name a start block and the chain covers several networks.
  static Result<TableSnapshot> Make(std::vector<Segment> segments, Quarantine quarantine,
                                    const ProgressRules& rules);

  // The chains point into the segments, which a copy would leave behind.
  TableSnapshot(const TableSnapshot&) = delete;
  TableSnapshot& operator=(const TableSnapshot&) = delete;
  TableSnapshot(TableSnapshot&&) = default;
  TableSnapshot& operator=(TableSnapshot&&) = default;
  ~TableSnapshot() = default;

  /// The canonical chain; empty if there is none, or none that the rules let count.
  chain::ChainView CanonicalSegments() const { return chains_.canonical; }

  /// What the canonical chain covers, one range a network; empty if there is no chain.
  Result<std::vector<NetworkRange>> SyncedRange() const;

  /// What is off the canonical chain, and what is missing behind it.
  Result<TableGaps> FindGaps() const;

  /// How often the chain took another branch.
  std::uint64_t CountReorgs() const;

  const Quarantine& quarantine() const { return quarantine_; }

 private:
  TableSnapshot(std::vector<Segment> segments, chain::Chains chains, Quarantine quarantine,
                std::optional<BlockNumber> start_block)
      : segments_(std::move(segments)),
        chains_(std::move(chains)),
        quarantine_(std::move(quarantine)),
        start_block_(start_block) {}

  std::vector<Segment> segments_;
  chain::Chains chains_;
  Quarantine quarantine_;
  std::optional<BlockNumber> start_block_;
};

}  // namespace tidemark::data_store
