// What a provider's fields look like to somebody who may know that there is a secret, not which.
#pragma once

#include <string>
#include <string_view>

#include <simdjson.h>

#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {

/// What stands for a secret.
inline constexpr std::string_view kMask = "***";

/// Whether the name of a field, or of a parameter in a URL, says that its value is a secret:
/// "auth_token", "apiKey", "client-secret". Not "auth_header", which is the name of a header.
bool IsSecretName(std::string_view name);

/// The URL with its secrets masked: what stands before '@', parameters with a secret's name, and
/// segments of the path that look like keys. Any other text is given back as it is.
std::string MaskUrl(std::string_view text);

/// Writes the members of `fields` into the object that `json` is in, secrets masked at any depth.
/// Requires: no nulls, as dataset_store::MakeProvider leaves them.
void WriteMaskedMembers(const simdjson::dom::object& fields, JsonWriter& json);

}  // namespace tidemark::admin_api
