#include "glob.h"

#include <cstddef>
#include <string_view>

namespace tidemark::data_store {

bool MatchesGlob(std::string_view pattern, std::string_view text) {
  std::size_t in_pattern = 0;
  std::size_t in_text = 0;
  std::size_t after_star = std::string_view::npos;
  std::size_t star_end = 0;  // How far in the text the last star reaches.
  while (in_text < text.size()) {
    const bool is_star = in_pattern < pattern.size() && pattern[in_pattern] == '*';
    if (is_star) {
      after_star = ++in_pattern;
      star_end = in_text;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '?' || pattern[in_pattern] == text[in_text])) {
      ++in_pattern;
      ++in_text;
    } else if (after_star != std::string_view::npos) {
      // Only the last star need be tried again: what an earlier one took, this one could as well.
      in_pattern = after_star;
      in_text = ++star_end;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace tidemark::data_store
