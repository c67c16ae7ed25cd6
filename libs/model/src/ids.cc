#include "tidemark/model/ids.h"

#include "tidemark/base/text.h"

namespace tidemark {

std::optional<std::int64_t> ParseId(std::string_view text) {
  const auto value = ParseDecimal<std::int64_t>(text);
  if (!value || *value <= 0) return std::nullopt;
  return value;
}

}  // namespace tidemark
