// A JSON-RPC node on loopback that does what a test says, good or bad.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "evm_fixture.h"
#include "tidemark/base/mutex.h"

namespace tidemark::providers {

/// How the node ends one request.
struct Scripted {
  enum class Ending : std::uint8_t {
    kWhole,  // As HTTP has it.
    kHalf,   // Closed in the middle of the body.
    kDrop,   // Closed without an answer.
    kHang,   // No answer until the node is destroyed.
  };

  int status = 200;
  std::string body = {};
  std::string extra_headers = {};  // Each with its line end.
  Ending ending = Ending::kWhole;
};

/// A request as the node got it.
struct SeenRequest {
  std::string head;
  Json body;

  /// Calls in it; a single call is one.
  std::size_t call_count() const { return body.is_array() ? body.size() : 1; }
};

/// Serves HTTP/1.1 with keep-alive, a thread a connection. Requests are numbered from 1 in the
/// order in which they are read. Thread-safe.
class ScriptedNode {
 public:
  using Script = std::function<Scripted(const SeenRequest& request, int number)>;

  explicit ScriptedNode(Script script);
  ~ScriptedNode();

  std::string url() const;
  std::string name() const;
  std::vector<SeenRequest> requests() const;
  int connection_count() const { return connection_count_; }
  /// The most requests that were under way at once.
  int concurrency_max() const { return concurrency_max_; }
  /// Blocks until that many requests were read; false after ten seconds.
  bool WaitForRequests(std::size_t count) const;

 private:
  void Accept();
  void Serve(int socket);
  bool Answer(int socket, const std::string& head, const std::string& body);

  Script script_;
  int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> is_ending_ = false;
  std::atomic<int> connection_count_ = 0;
  std::atomic<int> under_way_ = 0;
  std::atomic<int> concurrency_max_ = 0;
  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::vector<SeenRequest> requests_ TIDEMARK_GUARDED_BY(mutex_);
  std::vector<int> sockets_ TIDEMARK_GUARDED_BY(mutex_);
  std::vector<std::jthread> threads_;  // Of Accept alone, until it has ended.
  std::jthread acceptor_;
};

/// The answer that has what `answer_call` says for each call of the request, batch or not.
Scripted AnswerEach(const SeenRequest& request,
                    const std::function<Json(const Json& call)>& answer_call);

/// The good node: answers each call from the given blocks, null for any other. Its head is the
/// highest block.
class FixtureChain {
 public:
  explicit FixtureChain(const std::vector<EvmFixture>& blocks);
  /// `count` copies of a fixture, numbered from its own number up.
  static FixtureChain Repeating(const EvmFixture& fixture, std::uint64_t count);

  Scripted Answer(const SeenRequest& request) const;
  Json AnswerCall(const Json& call) const;

 private:
  std::map<std::uint64_t, EvmFixture> blocks_;
  std::map<std::string, Json> receipts_;
};

}  // namespace tidemark::providers
