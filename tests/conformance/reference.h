// Progress of a table once more, from nothing but rows and the reference model of the chain.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "amp_rows.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/names.h"

namespace tidemark::conformance {

struct ReferenceProgress {
  std::int64_t revision_id = 0;
  std::optional<std::uint64_t> start_block;
  std::optional<std::uint64_t> current_block;
  std::uint64_t files_count = 0;
  std::uint64_t total_size_bytes = 0;
};

/// nullopt if the table has no active revision.
std::optional<ReferenceProgress> ProgressOf(const std::vector<AmpRow>& rows,
                                            const DatasetVersion& version,
                                            std::string_view table_name,
                                            std::optional<BlockNumber> start_block);

}  // namespace tidemark::conformance
