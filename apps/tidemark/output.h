// Standard output: data for a terminal or for another program.
#pragma once

#include <string_view>

#include "tidemark/base/result.h"

namespace tidemark::app {

/// Writes and flushes.
/// Errors: kUnavailable if the reader has gone.
Status Print(std::string_view text);

/// Whether standard output is a terminal on which the cursor can be moved.
bool IsTerminal();

/// Whether to colour: a terminal, and neither NO_COLOR nor TERM=dumb says otherwise.
bool UsesColor();

/// Keeps a block of lines on the terminal up to date: each Show replaces the block of the one
/// before.
class LiveBlock {
 public:
  Status Show(std::string_view text);

 private:
  std::size_t lines_ = 0;
};

}  // namespace tidemark::app
