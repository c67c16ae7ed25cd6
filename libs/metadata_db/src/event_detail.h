// What an event of a job says that it was scheduled for.
#pragma once

#include <optional>
#include <string_view>

#include "tidemark/model/names.h"

namespace tidemark::metadata_db {

/// The dataset version of a descriptor of any kind; nullopt if the text is none.
std::optional<DatasetVersion> ReadScheduledVersion(std::string_view detail);

}  // namespace tidemark::metadata_db
