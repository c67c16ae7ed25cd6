#include "tidemark/http/access_log.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "tidemark/base/clock.h"
#include "tidemark/base/log.h"
#include "tidemark/base/metrics.h"
#include "tidemark/base/mutex.h"
#include "tidemark/http/trace_context.h"

namespace tidemark::http {
namespace {

// A target may have 8 KiB.
constexpr std::size_t kLongestPathLogged = 512;
constexpr std::size_t kLongestMethodLogged = 32;
constexpr std::chrono::milliseconds kPoll{100};

Counter& DroppedTotal() {
  static Counter& counter = ProcessMetrics().GetCounter(
      {.name = "tidemark_access_log_dropped_total",
       .help =
           "Lines of the access log that were dropped, because nobody read those before them."});
  return counter;
}

std::string LineOf(const Served& served) {
  const std::chrono::duration<double, std::milli> duration = served.duration;
  const auto header = served.request.FindHeader("traceparent");
  const auto trace = header ? ParseTraceparent(*header) : std::nullopt;
  return LogLine(LogLevel::kInfo, "http_request",
                 {{"method", served.method.substr(0, kLongestMethodLogged)},
                  {"path", std::string_view(served.request.path).substr(0, kLongestPathLogged)},
                  {"status", served.status},
                  {"bytes", served.size_bytes},
                  {"duration_ms", fmt::format("{:.3f}", duration.count())},
                  {"whole", served.is_whole ? "yes" : "no"},
                  {"request_id", served.request.request_id},
                  {"trace_id", trace ? trace->trace_id : ""},
                  {"parent_id", trace ? trace->parent_id : ""}});
}

std::uint64_t LinesIn(std::string_view text) {
  return static_cast<std::uint64_t>(std::ranges::count(text, '\n'));
}

/// As many whole lines as a pipe takes without mixing them with those of other threads; one line at
/// least.
std::string_view NextLines(std::string_view text) {
  const std::size_t end = text.substr(0, PIPE_BUF).rfind('\n');
  return text.substr(0, (end != std::string_view::npos ? end : text.find('\n')) + 1);
}

}  // namespace

class AccessLog::Queue {
 public:
  explicit Queue(const AccessLogOptions& options)
      : fd_(options.fd), max_waiting_bytes_(options.max_waiting_bytes) {}

  void Add(std::string_view line) {
    const MutexLock lock(mutex_);
    if (waiting_.empty() && dropped_ == 0) changed_.NotifyAll();
    // All that come after a dropped one are dropped too, up to the next batch: so the place of what
    // is told of them is right.
    if (dropped_ > 0 || waiting_.size() + line.size() > max_waiting_bytes_) {
      ++dropped_;
      DroppedTotal().Add();
      return;
    }
    waiting_ += line;
  }

  /// The writer's thread.
  void Run() {
    Batch batch;
    std::uint64_t untold = 0;
    while (TakeWaiting(batch)) {
      const std::uint64_t failed = WriteLines(batch.lines);
      if (is_abandoned()) break;  // What is left is nobody's loss to be told.
      if (failed > 0) DroppedTotal().Add(failed);
      untold += failed + batch.dropped;
      if (untold == 0) continue;
      const std::string line =
          LogLine(LogLevel::kWarning, "access_log_dropped", {{"lines", untold}});
      if (WriteLines(line) == 0) untold = 0;
    }
    const MutexLock lock(mutex_);
    has_ended_ = true;
    changed_.NotifyAll();
  }

  /// What is not written by then is not written any more. False if the writer has not ended even
  /// so.
  bool Stop(Deadline deadline) {
    const MutexLock lock(mutex_);
    is_stopping_ = true;
    changed_.NotifyAll();
    WaitForEnd(deadline);
    is_abandoned_ = true;
    WaitForEnd(Deadline::After(2 * kPoll));
    return has_ended_;
  }

 private:
  struct Batch {
    std::string lines;
    std::uint64_t dropped = 0;  // After them.
  };

  void WaitForEnd(Deadline deadline) TIDEMARK_REQUIRES(mutex_) {
    while (!has_ended_ && !deadline.HasPassed()) changed_.WaitUntil(mutex_, deadline);
  }

  // False if there is nothing, and nothing will come.
  bool TakeWaiting(Batch& batch) {
    const MutexLock lock(mutex_);
    while (waiting_.empty() && dropped_ == 0 && !is_stopping_) changed_.Wait(mutex_);
    if (is_abandoned_ || (waiting_.empty() && dropped_ == 0)) return false;
    batch.lines.clear();
    batch.lines.swap(waiting_);
    batch.dropped = std::exchange(dropped_, 0);
    return true;
  }

  bool is_abandoned() {
    const MutexLock lock(mutex_);
    return is_abandoned_;
  }

  // Yields how many were not written.
  std::uint64_t WriteLines(std::string_view lines) {
    std::uint64_t failed = 0;
    while (!lines.empty()) {
      const std::string_view next = NextLines(lines);
      lines.remove_prefix(next.size());
      failed += LinesIn(Write(next));
    }
    return failed;
  }

  // Yields what was not written. A pipe that is ready takes a page without waiting, as long as no
  // other thread is faster.
  std::string_view Write(std::string_view bytes) {
    while (!bytes.empty() && !is_abandoned()) {
      pollfd wanted{.fd = fd_, .events = POLLOUT, .revents = 0};
      if (::poll(&wanted, 1, static_cast<int>(kPoll.count())) <= 0) continue;
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(written));
      } else if (errno != EAGAIN && errno != EINTR) {
        break;
      }
    }
    return bytes;
  }

  const int fd_;
  const std::size_t max_waiting_bytes_;
  Mutex mutex_;
  CondVar changed_;
  std::string waiting_ TIDEMARK_GUARDED_BY(mutex_);
  std::uint64_t dropped_ TIDEMARK_GUARDED_BY(mutex_) = 0;  // After those that wait.
  bool is_stopping_ TIDEMARK_GUARDED_BY(mutex_) = false;
  bool is_abandoned_ TIDEMARK_GUARDED_BY(mutex_) = false;
  bool has_ended_ TIDEMARK_GUARDED_BY(mutex_) = false;
};

AccessLog::AccessLog(const AccessLogOptions& options)
    : queue_(std::make_shared<Queue>(options)),
      writer_([queue = queue_] { queue->Run(); }),
      patience_(options.patience) {
  DroppedTotal();  // There from the first scrape on.
}

// NOLINTNEXTLINE(bugprone-exception-escape): a thread that cannot be joined ends the process here.
AccessLog::~AccessLog() {
  if (queue_->Stop(Deadline::After(patience_))) {
    writer_.join();
  } else {
    writer_.detach();  // A write that waits in the kernel cannot be called off.
  }
}

void AccessLog::Note(const Served& served) {
  if (IsLogged(LogLevel::kInfo)) queue_->Add(LineOf(served));
}

}  // namespace tidemark::http
