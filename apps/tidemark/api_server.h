// The Admin API and all that answers for it: what `tidemark server` is, and a half of solo.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "settings.h"
#include "stores.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::app {

class ApiServer {
 public:
  /// Begins to answer. `stores` and `clock` must outlive the result.
  /// Errors: those of taking the address.
  static Result<std::unique_ptr<ApiServer>> Start(const Settings& settings, Stores& stores,
                                                  const Clock& clock);

  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;
  ~ApiServer();

  /// "http://127.0.0.1:1610", with the port that it has got.
  std::string url() const;

  /// Takes no more requests, and answers those under way if they end within `grace`. Blocks little
  /// longer than that. May be called twice.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit ApiServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::app
