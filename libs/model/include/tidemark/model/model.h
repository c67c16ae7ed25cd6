// The values that every part of the project speaks of: blocks, ranges, segments, datasets,
// versions, jobs; with the one text form of each that databases, files and URLs hold. No behaviour
// beyond reading, printing and comparing; no I/O.
#pragma once

#include "tidemark/model/block_range.h"        // IWYU pragma: export
#include "tidemark/model/bytes.h"              // IWYU pragma: export
#include "tidemark/model/chain_head.h"         // IWYU pragma: export
#include "tidemark/model/evm_block.h"          // IWYU pragma: export
#include "tidemark/model/ids.h"                // IWYU pragma: export
#include "tidemark/model/job.h"                // IWYU pragma: export
#include "tidemark/model/names.h"              // IWYU pragma: export
#include "tidemark/model/revision_metadata.h"  // IWYU pragma: export
#include "tidemark/model/segment.h"            // IWYU pragma: export
#include "tidemark/model/stored_segment.h"     // IWYU pragma: export
