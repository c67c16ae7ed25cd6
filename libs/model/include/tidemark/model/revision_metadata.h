// What a row of a table revision says of the table that it was made for.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tidemark/model/names.h"

namespace tidemark {

/// "table_name" of `physical_table_revisions.metadata`; nullopt if it is not there or cannot be
/// read: old rows hold `{}`.
std::optional<std::string> ReadRevisionTableName(std::string_view metadata_json);

/// The dataset version; nullopt if it is not there or makes no sense.
std::optional<DatasetVersion> ReadRevisionVersion(std::string_view metadata_json);

}  // namespace tidemark
