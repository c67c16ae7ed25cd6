// Chain truth: which segments form the unbroken chain, what is off it, what is missing. Pure
// functions of segments (amp-facts 4), without I/O and without recursion; nothing here knows of
// files on disk, tables or jobs.
#pragma once

#include "tidemark/chain/canonical_chain.h"  // IWYU pragma: export
#include "tidemark/chain/missing_ranges.h"   // IWYU pragma: export
#include "tidemark/chain/synced_range.h"     // IWYU pragma: export
