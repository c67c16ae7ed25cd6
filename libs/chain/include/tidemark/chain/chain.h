// Chain truth: which segments form the unbroken chain, what is off it, what is missing. Pure
// functions of segments (amp-facts 4), and an index of segments that keeps their answers; without
// I/O and without recursion. Nothing here knows of files on disk, tables or jobs.
#pragma once

#include "tidemark/chain/canonical_chain.h"  // IWYU pragma: export
#include "tidemark/chain/chain_index.h"      // IWYU pragma: export
#include "tidemark/chain/missing_ranges.h"   // IWYU pragma: export
#include "tidemark/chain/reorg_epoch.h"      // IWYU pragma: export
#include "tidemark/chain/segment_roles.h"    // IWYU pragma: export
#include "tidemark/chain/synced_range.h"     // IWYU pragma: export
