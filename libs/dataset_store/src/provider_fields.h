// What the fields of a provider must be.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/dataset_store/provider_registry.h"

namespace tidemark::dataset_store {

/// What becomes of a text.
using TextFunction = std::function<Result<std::string>(std::string_view)>;

/// The fields again, in their canonical form, each text in them replaced by what `map_text` makes
/// of it: nulls and "name" left out, kind and network first, numbers kept as they are. Errors:
/// kInvalidArgument; those of `map_text`.
Result<std::string> CopyFields(std::string_view fields_json, const TextFunction& map_text);

/// Whether the fields that a provider of its kind has are there and of their types. Nothing is
/// known, hence nothing wrong, of a kind that is none of the four.
/// Errors: kInvalidArgument.
Status CheckTypes(const Provider& provider);

/// Whether the provider could work, as far as its fields tell.
/// Errors: kInvalidArgument.
Status CheckUsable(const Provider& provider);

}  // namespace tidemark::dataset_store
