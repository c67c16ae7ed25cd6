// A forked copy of the test, to do what only another process can.
#pragma once

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <functional>
#include <stdexcept>

namespace tidemark::metadata_db_sqlite {

/// Runs `body` in a child process; what it returns is the exit status. The body tells the parent of
/// its progress with single bytes. Fork before the test has started a thread.
class ChildProcess {
 public:
  using Tell = std::function<void(char)>;

  explicit ChildProcess(const std::function<int(const Tell&)>& body) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("no child process");
    if (pid_ == 0) {
      close(ends[0]);
      int status = 255;
      try {
        status = body([&](char byte) {
          if (write(ends[1], &byte, 1) != 1) _exit(254);
        });
      } catch (...) {
        _exit(253);
      }
      _exit(status);
    }
    close(ends[1]);
    from_child_ = ends[0];
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() {
    if (!is_reaped_) Kill();
    close(from_child_);
  }

  /// How many of `count` bytes the child told; fewer if it ended first.
  std::size_t Await(std::size_t count) {
    std::size_t told = 0;
    char byte = 0;
    while (told < count && read(from_child_, &byte, 1) == 1) ++told;
    return told;
  }

  void Kill() {
    kill(pid_, SIGKILL);
    Join();
  }

  /// Waits for its end; the exit status, or 256 if a signal ended it.
  int Join() {
    int status = 0;
    waitpid(pid_, &status, 0);
    is_reaped_ = true;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256;
  }

 private:
  pid_t pid_ = -1;
  int from_child_ = -1;
  bool is_reaped_ = false;
};

}  // namespace tidemark::metadata_db_sqlite
