// Segments as text, for cases that people read. The notation is described in
// tests/data/chain/chains.txt.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidemark/model/segment.h"

namespace tidemark::chain {

/// Hash of a block of a made-up chain: different for each network, fork and number.
/// Zero on fork '0'.
BlockHash HashOf(std::string_view network, char fork, BlockNumber number);

/// The fork of a block that is written without one.
inline constexpr char kMainFork = ' ';

/// Segments written one after another, with blanks between them. Those that name no file id get 1,
/// 2, 3 in the order of the text. Ends the test program on text that it cannot read: cases are
/// code.
std::vector<Segment> ReadSegments(std::string_view text);

/// One range, as in a segment.
NetworkRange ReadRange(std::string_view text);

/// Numbers alone: "3-7".
BlockRange ReadBlocks(std::string_view text);

/// The text that ReadSegments reads; times of blocks are not in it. Requires: hashes of HashOf,
/// each of its own network, and creation times in whole seconds.
std::string Notate(const Segment& segment);
std::string Notate(const std::vector<Segment>& segments);

/// For messages: everything that the chain algorithms look at.
std::string Describe(const Segment& segment);
std::string Describe(const std::vector<Segment>& segments);

}  // namespace tidemark::chain
