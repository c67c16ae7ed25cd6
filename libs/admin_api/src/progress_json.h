// The parts that progress answers of several dialects are made of.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "table_report.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/segment.h"

namespace tidemark::admin_api {

inline std::optional<std::uint64_t> NumberOf(const std::optional<BlockNumber>& block) {
  return block ? std::optional(block->value) : std::nullopt;
}

/// The state of the table's job in words of `print`, if there is one.
std::optional<std::string_view> WordOf(const TableReport& report,
                                       std::string_view (*print)(JobStatus));

/// Each but the last writes a value, behind its key.
void WriteRanges(std::span<const NetworkRange> ranges, JsonWriter& json);
void WriteProblems(std::span<const data_store::TableProblem> problems, JsonWriter& json);
void WriteRate(const std::optional<data_store::CommitRate>& rate, JsonWriter& json);
void WriteGaps(const std::optional<data_store::TableGaps>& gaps, JsonWriter& json);
void WriteHealth(const data_store::JobHealth& health, JsonWriter& json);
/// With its keys. A table without an active revision has no files, and so no rows.
void WriteRows(const std::optional<data_store::TableRows>& rows, JsonWriter& json);

}  // namespace tidemark::admin_api
