#include "query.h"

namespace tidemark::metadata_db_postgres {

std::string ParameterOf<Json>::Encode(Json json) {
  constexpr std::string_view kNul = "\\u0000";
  constexpr std::string_view kReplacement = "\\ufffd";
  std::string text(json.text);
  for (std::size_t at = text.find('\\'); at != std::string::npos; at = text.find('\\', at)) {
    if (text.compare(at, kNul.size(), kNul) == 0) text.replace(at, kNul.size(), kReplacement);
    // Past the backslash and what it escapes, which may be a backslash.
    at += 2;
  }
  return text;
}

}  // namespace tidemark::metadata_db_postgres
