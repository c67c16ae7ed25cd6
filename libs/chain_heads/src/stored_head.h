// Heads as rows of the metadata database.
#pragma once

#include <string>

#include "look.h"
#include "tidemark/chain_heads/chain_heads.h"
#include "tidemark/metadata_db/rows.h"

namespace tidemark::chain_heads {

metadata_db::ChainHeadRow ToRow(const std::string& network, const TagOutcome& outcome);

/// A row by a newer program may have a reason that this one does not know; its text is kept.
HeadReport FromRow(const metadata_db::ChainHeadRow& row);

}  // namespace tidemark::chain_heads
