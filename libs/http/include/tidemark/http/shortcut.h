// Answers that need no handler.
#pragma once

#include <functional>

#include "tidemark/http/message.h"
#include "tidemark/http/prepared_reply.h"

namespace tidemark::http {

/// Asked before a GET or HEAD request goes to its handler. Thread-safe.
class Shortcut {
 public:
  /// Takes the reply; null: the request goes to its handler after all. On any thread, once.
  using Done = std::move_only_function<void(SharedReply)>;

  Shortcut() = default;
  Shortcut(const Shortcut&) = delete;
  Shortcut& operator=(const Shortcut&) = delete;
  virtual ~Shortcut() = default;

  /// Runs on an I/O thread and must not block. False: the request goes to its handler, and `done`
  /// is left alone. True: `done` will be called, before or after this returns, not much later than
  /// the request's deadline, if `Send` is called after this. `request` is left alone once it has
  /// been.
  virtual bool TryAnswer(Request& request, Done& done) = 0;

  /// Runs on the I/O thread once it has handed over all requests that came together.
  virtual void Send() {}
};

}  // namespace tidemark::http
