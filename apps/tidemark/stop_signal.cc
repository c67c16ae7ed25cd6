#include "stop_signal.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

namespace tidemark::app {
namespace {

std::atomic<int> g_write_end{-1};

void OnSignal(int) {
  const int saved = errno;
  const char byte = 0;
  [[maybe_unused]] const ssize_t written = ::write(g_write_end.load(), &byte, 1);
  errno = saved;
}

void SetHandler(void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

}  // namespace

Result<StopSignal> StopSignal::Install() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return MakeError(ErrorCode::kUnavailable, "cannot make a pipe for signals");
  }
  // A full pipe must not block the handler: one unread byte says as much as many.
  ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
  g_write_end.store(ends[1]);
  SetHandler(OnSignal);
  return StopSignal(ends[0]);
}

StopSignal::StopSignal(StopSignal&& other) noexcept
    : read_end_(std::exchange(other.read_end_, -1)) {}

StopSignal::~StopSignal() {
  if (read_end_ < 0) return;
  SetHandler(SIG_DFL);
  ::close(g_write_end.exchange(-1));
  ::close(read_end_);
}

void StopSignal::End() { OnSignal(0); }

void StopSignal::Wait() const {
  char byte = 0;
  while (::read(read_end_, &byte, 1) < 0 && errno == EINTR) {
  }
}

}  // namespace tidemark::app
