// What was asked and answered, for whoever keeps a record of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string_view>

#include "tidemark/http/message.h"

namespace tidemark::http {

/// A reply that was sent.
struct Served {
  const Request& request;
  std::string_view method;  // As it was sent; "" if it never came.
  int status = 0;
  std::size_t size_bytes = 0;           // Of head and body, whether all was taken or not.
  std::chrono::nanoseconds duration{};  // From the request's head to the reply's last byte.
  bool is_whole = true;                 // False if the client did not take all of it.
};

/// Told of each reply when it has been sent, on an I/O thread, and on several at once if the server
/// has several: must not block. Nobody is told of connections that are turned away.
using ServedObserver = std::move_only_function<void(const Served&)>;

}  // namespace tidemark::http
