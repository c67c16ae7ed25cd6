// Environment variables in text.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::dataset_store {

/// `text` with each `${NAME}` replaced by the environment variable of that name. What it is
/// replaced by is not looked at again. A `${` that no name and `}` follow stays as it is. Errors:
/// kNotFound, naming the first variable that is not set.
Result<std::string> ExpandVariables(std::string_view text);

}  // namespace tidemark::dataset_store
