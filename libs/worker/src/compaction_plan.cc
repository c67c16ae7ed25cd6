#include "compaction_plan.h"

#include <algorithm>
#include <limits>

namespace tidemark::worker {
namespace {

/// From the first block to the last, those that the chain skips included.
std::uint64_t BlocksOf(const ChainLink& link) {
  const std::uint64_t more = link.blocks.last().value - link.blocks.first().value;
  return more == std::numeric_limits<std::uint64_t>::max() ? more : more + 1;
}

/// Links that may become one file.
class Run {
 public:
  explicit Run(const CompactionLimits& limits) : limits_(limits) {}

  bool HasRoomFor(const ChainLink& link) const {
    return files_ < kFilesMax && BlocksOf(link) <= limits_.blocks_max - blocks_ &&
           link.size_bytes <= limits_.bytes_max - bytes_;
  }
  /// Requires: it has room.
  void Add(const ChainLink& link) {
    ++files_;
    blocks_ += BlocksOf(link);
    bytes_ += link.size_bytes;
  }
  std::size_t files() const { return files_; }
  std::uint64_t blocks() const { return blocks_; }

 private:
  CompactionLimits limits_;
  std::size_t files_ = 0;
  std::uint64_t blocks_ = 0;
  std::uint64_t bytes_ = 0;
};

/// The first run of links of `size_max` blocks at most that makes a file of kFanIn times that.
std::span<const ChainLink> FindRun(std::span<const ChainLink> chain, std::uint64_t size_max,
                                   const CompactionLimits& limits,
                                   const std::set<FileId>& left_alone) {
  Run run(limits);
  for (std::size_t i = 0; i <= chain.size(); ++i) {
    const bool is_small = i < chain.size() && BlocksOf(chain[i]) <= size_max &&
                          !left_alone.contains(chain[i].file_id);
    if (is_small && run.HasRoomFor(chain[i])) {
      run.Add(chain[i]);
      continue;
    }
    const bool is_worth_it = run.files() > 1 && run.blocks() / kFanIn >= size_max;
    if (is_worth_it) return chain.subspan(i - run.files(), run.files());
    run = Run(limits);
    // What found no room may begin the next one.
    if (is_small && run.HasRoomFor(chain[i])) run.Add(chain[i]);
  }
  return {};
}

}  // namespace

std::optional<std::vector<ChainLink>> PlanCompaction(std::span<const ChainLink> chain,
                                                     const CompactionLimits& limits,
                                                     const std::set<FileId>& left_alone) {
  if (chain.empty()) return std::nullopt;
  const std::uint64_t end = chain.back().blocks.last().value;
  if (end < limits.margin_blocks) return std::nullopt;
  const BlockNumber last{end - limits.margin_blocks};
  const auto behind = std::ranges::upper_bound(
      chain, last, {}, [](const ChainLink& link) { return link.blocks.last(); });
  const auto settled = chain.first(static_cast<std::size_t>(behind - chain.begin()));
  for (std::uint64_t size_max = 1; size_max <= limits.blocks_max / kFanIn; size_max *= kFanIn) {
    const auto run = FindRun(settled, size_max, limits, left_alone);
    if (!run.empty()) return std::vector<ChainLink>(run.begin(), run.end());
    if (size_max > std::numeric_limits<std::uint64_t>::max() / kFanIn) break;
  }
  return std::nullopt;
}

}  // namespace tidemark::worker
