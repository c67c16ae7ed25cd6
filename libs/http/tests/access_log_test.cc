#include "tidemark/http/access_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "test_server.h"
#include "tidemark/base/log.h"
#include "tidemark/base/metrics.h"
#include "tidemark/base/text.h"

namespace tidemark::http {
namespace {

using testing::AllOf;
using testing::Gt;
using testing::HasSubstr;
using testing::Lt;
using testing::Not;

/// A pipe that takes 4096 bytes, and then nothing until somebody reads.
class Pipe {
 public:
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);  // As the program does.
    EXPECT_EQ(::pipe(ends_), 0);
    ::fcntl(ends_[1], F_SETPIPE_SZ, 4096);
  }
  ~Pipe() {
    CloseReadingEnd();
    Close();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writing_end() const { return ends_[1]; }
  void CloseReadingEnd() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }
  void Close() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

  /// One more line, without its end; nullopt at the end.
  std::optional<std::string> ReadLine() {
    std::string line;
    for (char c = 0; ::read(ends_[0], &c, 1) == 1;) {
      if (c == '\n') return line;
      line.push_back(c);
    }
    return std::nullopt;
  }
  std::vector<std::string> ReadToEnd() {
    std::vector<std::string> lines;
    while (auto line = ReadLine()) lines.push_back(*std::move(line));
    return lines;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// The number behind "key=" in a line; nullopt if it has none.
std::optional<int> NumberIn(std::string_view line, std::string_view key) {
  const std::string start = fmt::format(" {}=", key);
  const std::size_t at = line.find(start);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view value = line.substr(at + start.size());
  return ParseDecimal<int>(value.substr(0, value.find(' ')));
}

struct RequestParts {
  std::string path = "/a";
  std::vector<Header> headers = {};
};

void NoteRequest(AccessLog& log, std::string id, RequestParts parts = {}) {
  Request request;
  request.path = std::move(parts.path);
  request.request_id = std::move(id);
  request.headers = std::move(parts.headers);
  log.Note({.request = request,
            .method = "GET",
            .status = 304,
            .size_bytes = 120,
            .duration = std::chrono::microseconds(1500)});
}

/// The line of a reply to a request for /a with one more header.
std::string LineOf(const Header& header) {
  Pipe pipe;
  {
    AccessLog log({.fd = pipe.writing_end()});
    NoteRequest(log, "id-1", {.headers = {header}});
  }
  pipe.Close();
  return pipe.ReadLine().value_or("") + "\n";
}

std::uint64_t DroppedTotal() {
  return ProcessMetrics().GetCounter({"tidemark_access_log_dropped_total", ""}).value();
}

TEST(AccessLogTest, IsOneLineWithTheTraceOfTheCaller) {
  const std::string line =
      LineOf({"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"});
  EXPECT_THAT(line, HasSubstr(" event=http_request method=GET path=/a status=304 bytes=120 "
                              "duration_ms=1.500 whole=yes request_id=id-1 "
                              "trace_id=4bf92f3577b34da6a3ce929d0e0e4736 "
                              "parent_id=00f067aa0ba902b7\n"));
}

TEST(AccessLogTest, ATraceThatIsNoneIsLeftOut) {
  EXPECT_THAT(LineOf({"traceparent", "00-x\n-y"}), Not(HasSubstr("00-x")));
}

TEST(AccessLogTest, AnOrderlyStopWritesAllInOrder) {
  constexpr int kLines = 2'000;
  Pipe pipe;
  const auto dropped = DroppedTotal();
  std::vector<std::string> lines;
  std::thread reader([&] { lines = pipe.ReadToEnd(); });
  {
    AccessLog log({.fd = pipe.writing_end(), .patience = kPatience});
    for (int i = 0; i < kLines; ++i) NoteRequest(log, fmt::format("{}", i));
  }
  pipe.Close();
  reader.join();
  ASSERT_EQ(lines.size(), std::size_t{kLines});
  for (int i = 0; i < kLines; ++i) EXPECT_EQ(NumberIn(lines[i], "request_id"), i);
  EXPECT_EQ(DroppedTotal(), dropped);
}

// Method: nobody reads while far more is noted than may wait; then somebody does. Lines are long
// and short in turns, so that there is room for the one where there was none for the other.
TEST(AccessLogTest, WhatTooManyLinesCostIsToldInItsPlace) {
  constexpr int kLines = 2'000;
  for (std::size_t max_bytes = 20'000; max_bytes < 20'700; max_bytes += 100) {
    Pipe pipe;
    const auto dropped = DroppedTotal();
    AccessLog log(
        {.fd = pipe.writing_end(), .max_waiting_bytes = max_bytes, .patience = kPatience});
    for (int i = 0; i < kLines; ++i) {
      const std::size_t length = i % 2 == 0 ? 500 : 1;
      NoteRequest(log, fmt::format("{}", i), {.path = std::string(length, 'x')});
    }

    int next = 0;
    int gaps = 0;
    const auto take = [&](const std::string& line) {
      if (const auto lost = NumberIn(line, "lines")) {
        EXPECT_THAT(line, HasSubstr(" level=warning event=access_log_dropped lines="));
        next += *lost;
        ++gaps;
      } else {
        EXPECT_EQ(NumberIn(line, "request_id"), next);
        ++next;
      }
    };
    while (next < kLines) take(pipe.ReadLine().value_or(""));
    EXPECT_EQ(next, kLines);
    EXPECT_THAT(gaps, AllOf(Gt(0), Lt(20)));
    EXPECT_THAT(DroppedTotal() - dropped, AllOf(Gt(kLines / 2), Lt(kLines)));

    NoteRequest(log, fmt::format("{}", kLines));
    take(pipe.ReadLine().value_or(""));
    EXPECT_EQ(next, kLines + 1) << "it goes on";
  }
}

TEST(AccessLogTest, AReaderThatDoesNotReadHoldsUpTheEndNoLongerThanItsPatience) {
  Pipe pipe;
  const auto begun = std::chrono::steady_clock::now();
  {
    AccessLog log({.fd = pipe.writing_end(), .patience = std::chrono::milliseconds(50)});
    for (int i = 0; i < 1'000; ++i) NoteRequest(log, fmt::format("{}", i));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, kPatience);
}

TEST(AccessLogTest, LinesThatCannotBeWrittenAreCounted) {
  const auto dropped = DroppedTotal();
  Pipe pipe;
  pipe.CloseReadingEnd();
  {
    AccessLog log({.fd = pipe.writing_end()});
    for (int i = 0; i < 10; ++i) NoteRequest(log, "id");
  }
  EXPECT_EQ(DroppedTotal() - dropped, 10U);
}

TEST(AccessLogTest, ADescriptorThatDoesNotBlockLosesNothing) {
  Pipe pipe;
  ::fcntl(pipe.writing_end(), F_SETFL, O_NONBLOCK);
  std::vector<std::string> lines;
  {
    AccessLog log({.fd = pipe.writing_end(), .patience = kPatience});
    for (int i = 0; i < 200; ++i) NoteRequest(log, fmt::format("{}", i));
    for (int i = 0; i < 200; ++i) lines.push_back(pipe.ReadLine().value_or(""));
  }
  for (int i = 0; i < 200; ++i) EXPECT_EQ(NumberIn(lines[i], "request_id"), i);
}

TEST(AccessLogTest, TheLevelOfTheLogIsMinded) {
  Pipe pipe;
  SetLogLevel(LogLevel::kWarning);
  {
    AccessLog log({.fd = pipe.writing_end()});
    NoteRequest(log, "id");
  }
  SetLogLevel(LogLevel::kInfo);
  pipe.Close();
  EXPECT_EQ(pipe.ReadLine(), std::nullopt);
}

TEST(AccessLogTest, ClientsAreAnsweredWhileNobodyReads) {
  Pipe pipe;
  AccessLog log({.fd = pipe.writing_end(), .patience = std::chrono::milliseconds(1)});
  const TestServer server({}, nullptr, [&](const Served& served) { log.Note(served); });
  RawSocket socket = server.Connect();
  for (int i = 0; i < 1'000; ++i) {
    socket.Send(Get("/hello"));
    ASSERT_EQ(BodyOf(socket.ReadReply()), "hello");
  }
}

}  // namespace
}  // namespace tidemark::http
