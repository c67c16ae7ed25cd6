#include "segment_notation.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "tidemark/base/text.h"

namespace tidemark::chain {
namespace {

[[noreturn]] void Reject(std::string_view text) {
  fmt::print(stderr, "not a segment: '{}'\n", text);
  std::exit(2);
}

template <class T>
T ReadNumber(std::string_view text) {
  const auto number = ParseDecimal<T>(text);
  if (!number) Reject(text);
  return *number;
}

/// Cuts `text` at the last `mark`, and yields what was behind it; nothing if there is no mark.
std::string_view CutBehind(std::string_view& text, char mark) {
  const std::size_t at = text.rfind(mark);
  if (at == std::string_view::npos) return {};
  const std::string_view behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

struct Block {
  BlockNumber number;
  char fork = kMainFork;
};

/// "12" or "12b".
Block ReadBlock(std::string_view text) {
  Block block;
  // On fork 0 the digit that names the fork follows an apostrophe.
  if (text.ends_with("'0")) {
    block.fork = '0';
    text.remove_suffix(2);
  } else if (!text.empty() && std::islower(static_cast<unsigned char>(text.back())) != 0) {
    block.fork = text.back();
    text.remove_suffix(1);
  }
  block.number.value = ReadNumber<std::uint64_t>(text);
  return block;
}

BlockHash ReadLink(std::string_view link, std::string_view network, BlockNumber first, char fork) {
  if (link == "?") return HashOf(network, '?', first);
  if (!link.empty()) {
    const Block block = ReadBlock(link);
    return HashOf(network, block.fork, block.number);
  }
  if (first.value == 0) return BlockHash{};
  return HashOf(network, fork, BlockNumber{first.value - 1});
}

Segment ReadSegment(std::string_view text) {
  Segment segment;
  if (const auto size = CutBehind(text, '='); !size.empty()) {
    segment.size_bytes = ReadNumber<std::uint64_t>(size);
  }
  if (const auto id = CutBehind(text, '#'); !id.empty()) {
    segment.file_id.value = ReadNumber<std::int64_t>(id);
  }
  if (const auto created = CutBehind(text, '@'); !created.empty()) {
    segment.created_at = UtcTime(std::chrono::seconds(ReadNumber<std::int32_t>(created)));
  }
  if (text == "empty") return segment;
  for (std::string_view range = CutBehind(text, '+'); !range.empty();
       range = CutBehind(text, '+')) {
    segment.ranges.push_back(ReadRange(range));
  }
  segment.ranges.push_back(ReadRange(text));
  std::ranges::sort(segment.ranges, {}, &NetworkRange::network);
  return segment;
}

}  // namespace

BlockHash HashOf(std::string_view network, char fork, BlockNumber number) {
  BlockHash hash;
  if (fork == '0') return hash;
  for (std::size_t i = 0; i < 8; ++i) {
    hash.bytes[i] = static_cast<std::uint8_t>(number.value >> (56 - 8 * i));
  }
  hash.bytes[8] = static_cast<std::uint8_t>(fork);
  const std::size_t length = std::min(network.size(), hash.bytes.size() - 9);
  std::ranges::copy(network.substr(0, length), hash.bytes.begin() + 9);
  return hash;
}

std::vector<Segment> ReadSegments(std::string_view text) {
  std::vector<Segment> segments;
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    segments.push_back(ReadSegment(word));
    FileId& id = segments.back().file_id;
    if (id.value == 0) id.value = static_cast<std::int64_t>(segments.size());
  }
  return segments;
}

BlockRange ReadBlocks(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) Reject(text);
  const BlockNumber first{ReadNumber<std::uint64_t>(text.substr(0, dash))};
  const BlockNumber last{ReadNumber<std::uint64_t>(text.substr(dash + 1))};
  const Result<BlockRange> blocks = BlockRange::Make(first, last);
  if (!blocks) Reject(text);
  return *blocks;
}

NetworkRange ReadRange(std::string_view text) {
  std::string network = "net";
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    network = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  std::string_view link;
  if (text.ends_with(')')) {
    text.remove_suffix(1);
    link = CutBehind(text, '(');
  }
  std::string_view first_text = text;
  const Block last = ReadBlock(CutBehind(first_text, '-'));
  const BlockNumber first{ReadNumber<std::uint64_t>(first_text)};
  const Result<BlockRange> blocks = BlockRange::Make(first, last.number);
  if (!blocks) Reject(text);
  return {.network = network,
          .blocks = *blocks,
          .hash = HashOf(network, last.fork, last.number),
          .prev_hash = ReadLink(link, network, first, last.fork),
          .timestamp_s = std::nullopt};
}

namespace {

/// "12b": the block that a hash is of.
std::string NotateBlock(const BlockHash& hash, std::uint64_t number_if_zero) {
  if (hash == BlockHash{}) return fmt::format("{}'0", number_if_zero);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8U | hash.bytes[i];
  const char fork = static_cast<char>(hash.bytes[8]);
  return fmt::format("{}{}", number, fork == kMainFork ? std::string() : std::string(1, fork));
}

}  // namespace

std::string Notate(const Segment& segment) {
  std::string text;
  for (const NetworkRange& range : segment.ranges) {
    const std::uint64_t first = range.blocks.first().value;
    text += fmt::format("{}{}:{}-{}({})", text.empty() ? "" : "+", range.network, first,
                        NotateBlock(range.hash, range.blocks.last().value),
                        NotateBlock(range.prev_hash, first == 0 ? 0 : first - 1));
  }
  if (text.empty()) text = "empty";
  const auto created =
      std::chrono::duration_cast<std::chrono::seconds>(segment.created_at.time_since_epoch());
  return text +
         fmt::format("@{}#{}={}", created.count(), segment.file_id.value, segment.size_bytes);
}

std::string Notate(const std::vector<Segment>& segments) {
  std::string text;
  for (const Segment& segment : segments) text += (text.empty() ? "" : " ") + Notate(segment);
  return text.empty() ? "none" : text;
}

std::string Describe(const Segment& segment) {
  std::string text = fmt::format("#{} @{} {}B", segment.file_id.value,
                                 segment.created_at.time_since_epoch().count(), segment.size_bytes);
  for (const NetworkRange& range : segment.ranges) {
    text += fmt::format(" {}:{}-{} {} after {}", range.network, range.blocks.first().value,
                        range.blocks.last().value, ToHex(range.hash).substr(0, 22),
                        ToHex(range.prev_hash).substr(0, 22));
  }
  return text;
}

std::string Describe(const std::vector<Segment>& segments) {
  std::string text;
  for (const Segment& segment : segments) text += Describe(segment) + "\n";
  return text;
}

}  // namespace tidemark::chain
