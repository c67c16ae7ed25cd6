# tidemark_warnings: what every target of ours compiles with.
add_library(tidemark_warnings INTERFACE)
target_compile_options(tidemark_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wimplicit-fallthrough -Werror
  # Clang's -Wconversion brings -Wsign-conversion along, g++'s does not; both must agree.
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wno-sign-conversion>
  # g++ 12 reports false maybe-uninitialized inside std::optional, std::variant and coroutine frames
  # once it optimises or instruments, and false overlaps in "text" + std::string (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict>)
