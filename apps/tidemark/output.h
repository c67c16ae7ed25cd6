// Standard output: data for a terminal or for another program.
#pragma once

#include <cstddef>
#include <string>
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

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

/// Of the terminal at standard output, or the usual one if it does not say.
ScreenSize TerminalSize();

/// Whether the environment's locale is one of UTF-8.
bool UsesUtf8();

/// The first lines that fit, each cut where the screen ends. Escape sequences take no room.
std::string ClipToScreen(std::string_view text, const ScreenSize& size);

/// Keeps a block of lines on the terminal up to date: each Show replaces the block of the one
/// before. What does not fit on the screen is cut off: lines that wrap or scroll could not be
/// replaced. The cursor stays visible, below the block, so that an interrupt leaves nothing behind.
class LiveBlock {
 public:
  Status Show(std::string_view text);

 private:
  std::size_t lines_ = 0;
};

}  // namespace tidemark::app
