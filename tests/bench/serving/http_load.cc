// Asks one URL of a server on loopback over many keep-alive connections, from one thread, and
// prints as JSON how many answers came, how late, and what CPU the server and this program used.
//
// usage: http_load PORT PATH CONNECTIONS SECONDS RATE STATUS PIDS [HEADER...]
//
// RATE 0: each connection asks again as soon as it has its answer; a latency is from the request to
// the whole answer. Another RATE: so many requests a second are due, one after the other, whether
// or not the server keeps up, and a latency is from the moment at which the request was due; so a
// server that stalls is charged for all that should have been asked meanwhile.
// STATUS is what every answer must have. PIDS ("12,34" or "-"): whose CPU time to tell.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace tidemark {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr auto kGraceOfTheLast = std::chrono::seconds(2);

[[noreturn]] void Fail(std::string_view what) {
  fmt::print(stderr, "http_load: {}\n", what);
  std::exit(2);
}

template <class T>
T NumberOf(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    Fail(fmt::format("'{}' is no number", text));
  }
  return number;
}

struct Plan {
  std::uint16_t port = 0;
  std::string request;
  std::size_t connections = 0;
  Seconds duration{0};
  double rate = 0;  // 0: as fast as answers come.
  std::string status_line;
  std::vector<int> pids;
};

Plan ReadPlan(const std::vector<std::string_view>& words) {
  constexpr std::size_t kFixed = 7;
  if (words.size() < kFixed) Fail("see the head of its source");
  Plan plan{.port = NumberOf<std::uint16_t>(words[0]),
            .request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n", words[1]),
            .connections = NumberOf<std::size_t>(words[2]),
            .duration = Seconds(NumberOf<double>(words[3])),
            .rate = NumberOf<double>(words[4]),
            .status_line = fmt::format("HTTP/1.1 {} ", words[5]),
            .pids = {}};
  std::string_view pids = words[6] == "-" ? std::string_view() : words[6];
  while (!pids.empty()) {
    const auto end = std::min(pids.find(','), pids.size());
    plan.pids.push_back(NumberOf<int>(pids.substr(0, end)));
    pids.remove_prefix(std::min(end + 1, pids.size()));
  }
  for (std::size_t i = kFixed; i < words.size(); ++i) {
    plan.request.append(words[i]).append("\r\n");
  }
  plan.request += "\r\n";
  return plan;
}

/// User and system time of all threads of a process.
double CpuSeconds(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) Fail(fmt::format("there is no process {}", pid));
  std::istringstream fields(text.substr(name_end + 1));
  constexpr int kFieldsBefore = 11;
  std::string skipped;
  for (int i = 0; i < kFieldsBefore; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double OwnCpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + (static_cast<double>(time.tv_usec) / 1e6);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Connection {
  int fd = -1;
  Clock::time_point asked_at;  // In an open loop: when it was due.
  std::string partial;         // What has come of an answer that is not whole yet.
};

class Load {
 public:
  explicit Load(const Plan& plan)
      : plan_(plan), epoll_(epoll_create1(EPOLL_CLOEXEC)), connections_(plan.connections) {
    prctl(PR_SET_TIMERSLACK, 1UL);  // Nanoseconds; requests are due every few microseconds.
    latencies_us_.reserve(1U << 20U);
    for (std::size_t i = 0; i < connections_.size(); ++i) Open(i);
  }

  void Run() {
    std::vector<double> cpu_s;
    cpu_s.reserve(plan_.pids.size());
    for (const int pid : plan_.pids) cpu_s.push_back(CpuSeconds(pid));
    const double own_cpu_s = OwnCpuSeconds();
    const auto began = Clock::now();
    const auto end = began + std::chrono::duration_cast<Clock::duration>(plan_.duration);
    plan_.rate > 0 ? RunOpen(began, end) : RunClosed(end);
    const double took_s = Seconds(Clock::now() - began).count();
    const double own_used_s = OwnCpuSeconds() - own_cpu_s;
    for (std::size_t i = 0; i < cpu_s.size(); ++i) {
      cpu_s[i] = CpuSeconds(plan_.pids[i]) - cpu_s[i];
    }
    Report(took_s, own_used_s, cpu_s);
  }

 private:
  void Open(std::size_t index) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) Fail("no socket is left: raise the limit of open files");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(plan_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket API's own way.
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      Fail(fmt::format("cannot connect to port {}", plan_.port));
    }
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) Fail("cannot watch a socket");
    connections_[index].fd = fd;
    idle_.push_back(index);
  }

  void RunClosed(Clock::time_point end) {
    while (!idle_.empty()) Ask(Clock::now());
    auto now = Clock::now();
    while (now < end) {
      Wait(std::chrono::milliseconds(100));
      now = Clock::now();
      while (!idle_.empty()) Ask(now);
    }
  }

  void RunOpen(Clock::time_point began, Clock::time_point end) {
    const Clock::duration interval =
        std::chrono::duration_cast<Clock::duration>(Seconds(1 / plan_.rate));
    Clock::time_point due = began;
    while (due < end) {
      const auto now = Clock::now();
      for (; due <= now && due < end && !idle_.empty(); due += interval) Ask(due);
      // What is due and finds every connection busy is overdue, and asked as soon as one is not.
      if (now > end + kGraceOfTheLast) break;
      Wait(idle_.empty() ? Clock::duration(std::chrono::milliseconds(10))
                         : std::max(due - Clock::now(), Clock::duration::zero()));
    }
    while (idle_.size() < connections_.size() && Clock::now() < end + kGraceOfTheLast) {
      Wait(std::chrono::milliseconds(10));
    }
    const auto left = std::max(end - due, Clock::duration::zero());
    unanswered_ = static_cast<std::uint64_t>(left / interval) + connections_.size() - idle_.size();
  }

  /// By the connection that has been idle for longest.
  void Ask(Clock::time_point asked_at) {
    Connection& connection = connections_[idle_.front()];
    idle_.pop_front();
    connection.asked_at = asked_at;
    const auto size = static_cast<ssize_t>(plan_.request.size());
    if (send(connection.fd, plan_.request.data(), plan_.request.size(), MSG_NOSIGNAL) != size) {
      Fail("a request was not taken: the server has closed the connection");
    }
  }

  void Wait(Clock::duration at_most) {
    constexpr int kEvents = 256;
    constexpr std::int64_t kNanosecondsInSecond = 1'000'000'000;
    std::array<epoll_event, kEvents> events;
    const auto nanoseconds = std::chrono::nanoseconds(at_most).count();
    const timespec patience{.tv_sec = nanoseconds / kNanosecondsInSecond,
                            .tv_nsec = nanoseconds % kNanosecondsInSecond};
    const int count = epoll_pwait2(epoll_, events.data(), kEvents, &patience, nullptr);
    for (int i = 0; i < count; ++i) Receive(events.at(static_cast<std::size_t>(i)).data.u64);
  }

  void Receive(std::size_t index) {
    Connection& connection = connections_[index];
    const ssize_t got = recv(connection.fd, bytes_.data(), bytes_.size(), 0);
    if (got <= 0) Fail("the server has closed a connection");
    std::string_view answer(bytes_.data(), static_cast<std::size_t>(got));
    if (!connection.partial.empty()) answer = connection.partial.append(answer);
    if (!IsWhole(answer)) {
      if (connection.partial.empty()) connection.partial = answer;
      return;
    }
    if (!answer.starts_with(plan_.status_line)) {
      Fail(fmt::format("an answer is not {}but {}", plan_.status_line,
                       answer.substr(0, answer.find('\r'))));
    }
    connection.partial.clear();
    latencies_us_.push_back(std::chrono::duration<float, std::micro>(  //
                                Clock::now() - connection.asked_at)
                                .count());
    idle_.push_back(index);
  }

  static bool IsWhole(std::string_view answer) {
    constexpr std::string_view kLength = "\r\nContent-Length: ";
    const auto head_end = answer.find("\r\n\r\n");
    if (head_end == std::string_view::npos) return false;
    const auto length = answer.substr(0, head_end).find(kLength);
    std::size_t body_bytes = 0;
    if (length != std::string_view::npos) {
      std::from_chars(answer.data() + length + kLength.size(), answer.data() + head_end,
                      body_bytes);
    }
    return answer.size() >= head_end + 4 + body_bytes;
  }

  double Percentile(double share) {
    if (latencies_us_.empty()) return 0;
    const auto place =
        std::min(static_cast<std::size_t>(share * static_cast<double>(latencies_us_.size())),
                 latencies_us_.size() - 1);
    const auto at = latencies_us_.begin() + static_cast<std::ptrdiff_t>(place);
    std::ranges::nth_element(latencies_us_, at);
    return static_cast<double>(*at) / 1000;
  }

  void Report(double took_s, double own_used_s, const std::vector<double>& cpu_s) {
    fmt::print(R"({{"answers":{},"seconds":{:.4f},"unanswered":{},"p50_ms":{:.4f},"p99_ms":{:.4f},)"
               R"("max_ms":{:.4f},"load_cpu_s":{:.4f},"cpu_s":[{:.4f}]}})"
               "\n",
               latencies_us_.size(), took_s, unanswered_, Percentile(0.5), Percentile(0.99),
               Percentile(1), own_used_s, fmt::join(cpu_s, ","));
  }

  const Plan& plan_;
  const int epoll_;
  std::vector<Connection> connections_;
  std::deque<std::size_t> idle_;
  std::vector<float> latencies_us_;
  std::uint64_t unanswered_ = 0;
  std::array<char, 65'536> bytes_{};
};

}  // namespace
}  // namespace tidemark

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const tidemark::Plan plan = tidemark::ReadPlan(words);
  tidemark::Load(plan).Run();
  return 0;
}
