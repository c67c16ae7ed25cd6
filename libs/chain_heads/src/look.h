// One look at the heads of a network: providers in turn until one answers.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/chain_heads/chain_heads.h"
#include "tidemark/chain_heads/head_poller.h"
#include "tidemark/model/chain_head.h"

namespace tidemark::chain_heads {

inline constexpr std::array kHeadTags = {HeadTag::kLatest, HeadTag::kFinalized};

/// What a look at one head found.
struct TagOutcome {
  HeadTag tag = HeadTag::kLatest;
  std::string source;  // Name of the provider that was asked last.
  UtcTime at;
  std::variant<ChainHead, HeadProblem> found;
};

struct LookTask {
  struct Tag {
    HeadTag tag = HeadTag::kLatest;
    std::string preferred;  // Provider to ask first: the one that answered last. May be gone.
  };

  std::string network;
  std::vector<HeadProvider> providers;  // Those that can be asked; at least one.
  std::vector<Tag> tags;
};

/// Asks for each tag of the task. Empty if `stop` was requested meanwhile.
std::vector<TagOutcome> Look(const LookTask& task, std::chrono::milliseconds timeout,
                             const Clock& clock, const std::stop_token& stop);

}  // namespace tidemark::chain_heads
