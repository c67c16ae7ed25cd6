# tidemark_warnings: what every target of ours compiles with.
add_library(tidemark_warnings INTERFACE)
target_compile_options(tidemark_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough -Werror
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  # g++ 12 reports false maybe-uninitialized and dangling reads inside std::optional, std::variant
  # and coroutine frames once it optimises or instruments.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
