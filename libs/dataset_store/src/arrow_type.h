// Arrow types as JSON, in the form that arrow-rs writes and reads.
#pragma once

#include "json_value.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/base/result.h"

namespace tidemark::dataset_store {

/// Checks a type and writes it canonically: "UInt64", {"FixedSizeBinary":32},
/// {"List":{"name":"item","data_type":...}}. Recurses as deep as the document is nested.
/// Errors: kInvalidArgument; `json` is then of no use.
Status WriteArrowType(const JsonValue& type, JsonWriter& json);

}  // namespace tidemark::dataset_store
