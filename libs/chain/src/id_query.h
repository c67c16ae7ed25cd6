// Which file ids to list.
#pragma once

#include <cstddef>
#include <optional>

#include "tidemark/model/ids.h"

namespace tidemark::chain {

struct IdQuery {
  std::optional<FileId> id;  // Those above it; all if it is absent.
  std::size_t most = 0;      // Stops soon after as many.
};

}  // namespace tidemark::chain
