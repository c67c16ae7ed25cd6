// Providers as the text of their TOML files.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::dataset_store {

/// Fields as TOML, one a line, in their order; what is nested is written inline. `fields_json` is
/// an object without nulls, as MakeProvider leaves it. Errors: kInvalidArgument.
Result<std::string> PrintToml(std::string_view fields_json);

/// The JSON object that a TOML text stands for, in the order of the text. Dates and times become
/// texts; what JSON cannot say (nan, inf) becomes null. Error messages never quote the text: it may
/// hold a secret.
/// Errors: kCorruption, naming the line.
Result<std::string> TomlToJson(std::string_view toml);

/// A number that both JSON and TOML take for one with a fraction.
std::string FloatText(double value);

}  // namespace tidemark::dataset_store
