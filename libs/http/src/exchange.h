// One request on its way through a connection.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "body_reader.h"
#include "head_scanner.h"
#include "tidemark/base/clock.h"
#include "tidemark/http/message.h"

namespace tidemark::http {

/// Part of what all bodies together may take, until it is let go.
class BodyShare {
 public:
  BodyShare() = default;
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;
  ~BodyShare() { LetGo(); }

  /// False: there is not as much left.
  bool TryGrowTo(std::size_t bytes, std::atomic<std::size_t>& taken, std::size_t max_bytes);
  void LetGo();

 private:
  std::atomic<std::size_t>* taken_ = nullptr;
  std::size_t bytes_ = 0;
};

/// What is known of it so far. Exchanges are used again, for the memory that their strings have.
struct Exchange {
  HeadScanner head;
  Request request;
  std::string method_text;       // As it came.
  std::optional<Method> method;  // Absent for one that Method has no name for.
  bool is_http10 = false;
  bool keeps_open = false;           // After the reply.
  bool wants_continue = false;       // The client holds its body back until it is told to send it.
  std::unique_ptr<BodyReader> body;  // While it is being read.
  BodyShare body_share;
  SteadyTime head_ended_at;
  int status = 0;              // Of the reply.
  std::size_t size_bytes = 0;  // Of the reply.

  /// As a new one.
  void Clear();
};

}  // namespace tidemark::http
