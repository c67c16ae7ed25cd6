// Named places in the program where a test can end it, stop it, delay it or have it fail.
//
// They are there only in sources compiled with TIDEMARK_FAILPOINTS (cmake/Failpoints.cmake): in a
// release the macros are nothing, and the linker finds no use for the rest. In such a build the
// environment variable of that name says what happens where:
//
//   TIDEMARK_FAILPOINTS="commit.rows_inserted=kill@2;object.mid_write=delay:200"
//
//   kill      the process ends at once, as by kill -9
//   pause:MS  the whole process is stopped, as by SIGSTOP, until somebody continues it, or so long
//   delay:MS  the thread waits so long
//   throw     the function fails: kUnavailable, as errors are results here and not exceptions
//   @N        at the Nth time that a thread comes by, and at no other; without it the first
//   @random:MAX, @random:MAX:SEED    N is drawn from 1 to MAX; the log tells seed and N
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "tidemark/base/result.h"

#ifdef TIDEMARK_FAILPOINTS
/// In a function that returns a Status or a Result.
#define TIDEMARK_FAILPOINT(name) TIDEMARK_TRY(::tidemark::g_failpoint<name>.Hit())
/// Where nothing can fail: `throw` is refused.
#define TIDEMARK_FAILPOINT_NO_THROW(name) static_cast<void>(::tidemark::g_crash_point<name>.Hit())
#else
#define TIDEMARK_FAILPOINT(name) static_cast<void>(0)
#define TIDEMARK_FAILPOINT_NO_THROW(name) static_cast<void>(0)
#endif

namespace tidemark {

/// What one entry of the variable asks for.
struct FailpointOrder {
  enum class Action : std::uint8_t { kKill, kPause, kDelay, kThrow };

  Action action = Action::kKill;
  std::chrono::milliseconds duration{0};  // Of a pause or a delay.
  std::uint64_t hit = 1;                  // Counted from 1.
};

std::string_view ToString(FailpointOrder::Action action);

/// One place. It lasts as long as the process, which knows all that there are before main begins.
class Failpoint {
 public:
  enum class Kind : std::uint8_t { kMayFail, kMayNotFail };

  /// `name` must outlive the process.
  Failpoint(std::string_view name, Kind kind) noexcept;
  Failpoint(const Failpoint&) = delete;
  Failpoint& operator=(const Failpoint&) = delete;
  ~Failpoint() = default;

  /// A thread comes by. Thread-safe.
  /// Errors: kUnavailable if it was told to throw.
  Status Hit();

  std::string_view name() const { return name_; }
  Kind kind() const { return kind_; }
  /// The next one of the process; null after the last.
  Failpoint* next() const { return next_; }
  /// Forgets the hits so far. No other thread may use it meanwhile.
  void Arm(const std::optional<FailpointOrder>& order);

 private:
  const std::string_view name_;
  const Kind kind_;
  Failpoint* const next_;
  std::optional<FailpointOrder> order_;
  std::atomic<std::uint64_t> hits_ = 0;
};

/// Gives every failpoint the order that `text`, in the form above, has for it, and takes away every
/// other one. Before there are other threads.
/// Errors: kInvalidArgument, naming what is wrong; no order has changed then.
Status ArmFailpoints(std::string_view text);

/// ArmFailpoints with the environment variable; nothing if it is not set.
Status ArmFailpointsFromEnvironment();

/// In text order.
std::vector<std::string_view> FailpointNames();

/// A text as a template's argument.
template <std::size_t Size>
struct FailpointName {
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is to become one.
  consteval FailpointName(const char (&literal)[Size]) { std::ranges::copy(literal, text); }

  char text[Size] = {};  // With the zero at its end.
};

/// The one failpoint of a name, wherever it stands.
template <FailpointName Name>
inline Failpoint g_failpoint(Name.text, Failpoint::Kind::kMayFail);
template <FailpointName Name>
inline Failpoint g_crash_point(Name.text, Failpoint::Kind::kMayNotFail);

}  // namespace tidemark
