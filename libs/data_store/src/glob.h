// Patterns for node ids.
#pragma once

#include <string_view>

namespace tidemark::data_store {

/// True if the whole of `text` matches `pattern`, in which * stands for any characters, none
/// included, ? for exactly one, and everything else for itself.
bool MatchesGlob(std::string_view pattern, std::string_view text);

}  // namespace tidemark::data_store
