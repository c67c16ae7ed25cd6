// Memory that is kept for the next use.
#pragma once

#include <cstddef>

namespace tidemark::http {

/// Empties it, and gives its memory back if it has room for more than `kept` elements. (Assigning
/// an empty string to a string keeps all of it.)
template <class Container>
void Empty(Container& container, std::size_t kept) {
  container.clear();
  if (container.capacity() > kept) Container().swap(container);
}

}  // namespace tidemark::http
