// Chain heads: the newest block of each network, as its providers report it. Here: what is known of
// the heads, and the loop that asks. Not here: how a node is asked (providers), how a provider is
// configured (dataset_store).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/model/chain_head.h"

namespace tidemark::chain_heads {

/// Why a head is not known, or why the last look did not find it.
enum class HeadProblemCode : std::uint8_t {
  kNoProvider,           // No provider is configured for the network.
  kProviderUnsupported,  // Only providers of kinds that this program cannot ask.
  kNotAskedYet,          // The first look is still to come.
  kProviderUnreachable,  // The provider did not answer, or not with a head.
  kNoBlock,              // The provider has no such block yet.
};

/// "NO_PROVIDER", "PROVIDER_UNSUPPORTED", "NOT_ASKED_YET", "PROVIDER_UNREACHABLE", "NO_BLOCK".
std::string_view ToString(HeadProblemCode code);

struct HeadProblem {
  HeadProblemCode code = HeadProblemCode::kNotAskedYet;
  std::string detail;  // One sentence for a person, without credentials.
};

/// What is known of one head. A head and a problem together: the last look failed, and `head` is
/// what an earlier one found.
struct HeadReport {
  std::optional<ObservedHead> head;
  std::optional<std::string> source;   // Name of the provider that was asked last.
  std::optional<UtcTime> checked_at;   // When; absent if nobody has been asked.
  std::optional<HeadProblem> problem;  // Absent if the last look found the head.
};

struct NetworkHeads {
  std::string network;
  HeadReport latest;
  HeadReport finalized;
};

/// What is known of the heads right now. Thread-safe; answers from memory and never waits for a
/// provider or a database.
class HeadBoard {
 public:
  HeadBoard() = default;
  HeadBoard(const HeadBoard&) = delete;
  HeadBoard& operator=(const HeadBoard&) = delete;
  virtual ~HeadBoard() = default;

  /// Every network that a provider is configured for or a head is stored of, by name.
  virtual std::vector<NetworkHeads> List() const = 0;
  /// nullopt if the network is not one of those.
  virtual std::optional<NetworkHeads> Find(std::string_view network) const = 0;
};

}  // namespace tidemark::chain_heads
