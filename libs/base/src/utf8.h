// How far a text is UTF-8.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidemark {

/// Length of the well-formed UTF-8 sequence (Unicode 15, table 3-7) at the start of `text`, 1 to 4;
/// 0 if there is none.
std::size_t Utf8SequenceLength(std::string_view text);

}  // namespace tidemark
