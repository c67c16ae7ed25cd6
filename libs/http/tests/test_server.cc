#include "test_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tidemark/base/text.h"

namespace tidemark::http {
namespace {

Reply Text(std::string body) {
  return {.status = 200, .content_type = "text/plain", .body = std::move(body), .headers = {}};
}

std::string Describe(const Request& request) {
  std::string text = fmt::format("{} {}\n", ToString(request.method), request.path);
  for (const auto& [key, value] : request.query) text += fmt::format("query {}={}\n", key, value);
  for (const Header& header : request.headers) {
    text += fmt::format("header {}={}\n", header.name, header.value);
  }
  return text + fmt::format("deadline {}\n", request.deadline.is_never() ? "never" : "set");
}

}  // namespace

void Gate::Open() {
  const std::lock_guard lock(mutex_);
  is_open_ = true;
  opened_.notify_all();
}

void Gate::Pass() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  opened_.wait_for(lock, kPatience, [this] { return is_open_; });
  --waiting_;
}

TestServer::TestServer(const ServerOptions& options, std::shared_ptr<Shortcut> shortcut,
                       ServedObserver observer) {
  const auto echo = [this](const Request& request) {
    ++handled;
    return Text(request.body);
  };
  std::vector<Route> routes = {
      {Method::kGet, "/hello",
       [this](const Request&) {
         ++handled;
         return Text("hello");
       }},
      {Method::kPost, "/echo", echo},
      {Method::kPut, "/echo", echo},
      {Method::kDelete, "/echo", echo},
      {Method::kGet, "/items/{id}",
       [](const Request& request) { return Text(request.path_params.at("id")); }},
      {Method::kGet, "/request", [](const Request& request) { return Text(Describe(request)); }},
      {Method::kGet, "/gate",
       [this](const Request&) {
         gate.Pass();
         ++handled;
         return Text("through");
       }},
      {Method::kGet, "/big", [](const Request&) { return Text(std::string(8U << 20U, 'x')); }},
      {Method::kGet, "/none",
       [](const Request&) {
         return Reply{.status = 204, .content_type = "text/plain", .body = "lost", .headers = {}};
       }},
  };
  Router router(std::move(routes), [](const Request&, int status, std::string_view message) {
    return Reply{.status = status,
                 .content_type = "application/problem+json",
                 .body = fmt::format(R"({{"message":"{}"}})", message),
                 .headers = {}};
  });
  auto started =
      Server::Start(options, std::move(router), std::move(shortcut), std::move(observer));
  EXPECT_TRUE(started) << started.error().message;
  server = *std::move(started);
}

std::string TestServer::Exchange(std::string_view bytes) const {
  RawSocket socket = Connect();
  socket.Send(bytes);
  auto answer = socket.ReadToEnd();
  EXPECT_TRUE(answer) << "the server does not close the connection";
  return answer.value_or("");
}

Crowd FillQueue(const TestServer& server) {
  RawSocket running = server.Connect();
  running.Send(Get("/gate"));
  EXPECT_TRUE(Eventually([&] { return server.gate.waiting() == 1; }));

  // One of these two waits in the queue and the other is refused; which one, nobody can say.
  RawSocket a = server.Connect();
  RawSocket b = server.Connect();
  a.Send(Get("/hello"));
  b.Send(Get("/hello"));
  EXPECT_TRUE(Eventually([&] { return a.IsReadable() || b.IsReadable(); }));
  const bool is_a_refused = a.IsReadable();
  return {.running = std::move(running),
          .queued = std::move(is_a_refused ? b : a),
          .refused = std::move(is_a_refused ? a : b)};
}

std::string Get(std::string_view target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: test\r\n\r\n", target);
}

int StatusOf(std::string_view reply) {
  if (!reply.starts_with("HTTP/1.1 ")) return 0;
  return ParseDecimal<int>(reply.substr(9, 3)).value_or(0);
}

std::string BodyOf(std::string_view reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  return end == std::string_view::npos ? "" : std::string(reply.substr(end + 4));
}

std::string HeaderOf(std::string_view reply, std::string_view name) {
  const std::string start = fmt::format("\r\n{}: ", name);
  const std::size_t at = reply.substr(0, reply.find("\r\n\r\n") + 2).find(start);
  if (at == std::string_view::npos) return "";
  const std::size_t value = at + start.size();
  return std::string(reply.substr(value, reply.find("\r\n", value) - value));
}

}  // namespace tidemark::http
