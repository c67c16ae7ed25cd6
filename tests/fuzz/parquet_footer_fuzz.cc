// Whatever the end of a Parquet file holds: it is taken or refused, and what is taken is the
// segment that was asked for, and is taken again from the footer that is kept of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "footer_corpus.h"
#include "tidemark/parquet_io/segment_footer.h"

namespace {

using tidemark::parquet_io::kCorpusPath;
using tidemark::parquet_io::ParseSegmentFooter;

void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(std::string_view file_end) {
  const auto footer = ParseSegmentFooter(file_end, {.path = kCorpusPath});
  if (!footer) {
    Require(footer.error().code == tidemark::ErrorCode::kCorruption);
    return;
  }
  Require(kCorpusPath.ends_with(footer->metadata.filename));
  Require(!footer->metadata.ranges.empty());
  Require(footer->footer.size() <= file_end.size());
  const auto again = ParseSegmentFooter(footer->footer, {.path = kCorpusPath});
  Require(again && again->metadata == footer->metadata && again->footer == footer->footer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Check(bytes);
  // The same bytes as a block, so that a change of length does not end at the trailer.
  std::string block(bytes);
  for (unsigned i = 0; i < 4; ++i) block.push_back(static_cast<char>(size >> (8 * i)));
  block += "PAR1";
  Check(block);
  return 0;
}
