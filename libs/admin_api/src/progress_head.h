// How far a table is behind the newest block of its networks.
#pragma once

#include "table_report.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/chain_heads/chain_heads.h"
#include "tidemark/dataset_store/manifest.h"

namespace tidemark::admin_api {

/// Writes a list with one head for each network of the table: those that it covers, or else the
/// dataset's. The finalized head for a dataset that waits for finality. What is not known is null,
/// with a reason. Answers from memory: no provider is asked.
void WriteHeads(const TableReport& report, const dataset_store::Manifest& manifest,
                const chain_heads::HeadBoard& heads, UtcTime now, JsonWriter& json);

}  // namespace tidemark::admin_api
