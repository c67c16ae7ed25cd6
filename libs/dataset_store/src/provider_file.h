// A provider as the text of its TOML file.
#pragma once

#include <string>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/dataset_store/provider_registry.h"

namespace tidemark::dataset_store {

/// Checks what must hold whether or not variables have been replaced.
/// Errors: kInvalidArgument, naming the member.
Status CheckProvider(const Provider& provider);

/// Keys that a provider does not have are left out.
std::string PrintProvider(const Provider& provider);

/// Unknown keys are ignored. Error messages never quote a value: it may be a secret.
/// Errors: kCorruption, naming the line or the key.
Result<Provider> ParseProvider(std::string_view name, std::string_view toml);

}  // namespace tidemark::dataset_store
