// The kinds of manifests: what each has besides "kind", how it is written canonically, and which
// tables its dataset has.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "json_value.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/base/result.h"
#include "tidemark/dataset_store/manifest.h"

namespace tidemark::dataset_store {

/// Reads the members of a kind from `document` into `manifest`, and writes them, defaults and all,
/// into the object that `json` is in. The kind itself has been read and written; the hash comes
/// afterwards.
/// Errors: kInvalidArgument; `manifest` and `json` are then of no use.
Status ReadRawManifest(const JsonValue& document, Manifest& manifest, JsonWriter& json);
Status ReadDerivedManifest(const JsonValue& document, Manifest& manifest, JsonWriter& json);
Status ReadStaticManifest(const JsonValue& document, Manifest& manifest, JsonWriter& json);

/// The members of an optional member, sorted; none if it is absent. They point back to it.
Result<std::vector<JsonValue>> MembersOf(const std::optional<JsonValue>& object);

/// Writes the member "schema" of a table, and yields the names of its columns, in order.
Result<std::vector<std::string_view>> WriteSchema(const JsonValue& table, JsonWriter& json);

/// Whether each column has a name of its own.
Status CheckColumnNames(const JsonValue& table, const std::vector<std::string_view>& columns);

}  // namespace tidemark::dataset_store
