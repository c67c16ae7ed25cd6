#include "progress_includes.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace tidemark::admin_api {
namespace {

struct Part {
  std::string_view name;
  bool Includes::* member;
};

constexpr std::array kParts = {Part{"rate", &Includes::rate}, Part{"gaps", &Includes::gaps},
                               Part{"health", &Includes::health}, Part{"head", &Includes::head},
                               Part{"rows", &Includes::rows}};

}  // namespace

Outcome<Includes> IncludesOf(const http::Request& request) {
  Includes includes;
  const auto found = request.query.find("include");
  if (found == request.query.end()) return includes;
  for (std::string_view rest = found->second; !rest.empty();) {
    const auto comma = rest.find(',');
    const std::string_view name = rest.substr(0, comma);
    const auto* const part = std::ranges::find(kParts, name, &Part::name);
    if (part == kParts.end()) {
      return MakeProblem(
          400, "INVALID_QUERY_PARAMETERS",
          fmt::format("include has no part '{}': there are rate, gaps, health, head and rows",
                      name));
    }
    includes.*part->member = true;
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  }
  return includes;
}

}  // namespace tidemark::admin_api
