// What may be wrong with the answers about a history, and what kinds of histories there are.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "history_generator.h"
#include "tidemark/chain/chain.h"

namespace tidemark::chain {

/// What is wrong with the answers about a history; nullopt if nothing is.
using Check = std::optional<std::string> (*)(const History&);

/// All answers, against the reference model; and that the order of segments means nothing.
std::optional<std::string> FindWrongAnswers(const History& history);

std::vector<Segment> Copy(ChainView chain);

/// How often each kind of history was seen.
using Seen = std::map<std::string, int>;
inline constexpr std::size_t kKindsOfHistories = 14;

/// Counts the kinds that a history is of.
void Look(const History& history, Seen& seen);

}  // namespace tidemark::chain
