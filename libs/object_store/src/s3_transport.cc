#include "s3_transport.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

namespace tidemark::object_store {
namespace {

// What S3 says about a write has a few hundred.
constexpr std::size_t kMaxAnswerBytes = 1U << 20U;
constexpr std::size_t kMaxHeaders = 500;
constexpr std::size_t kMaxIdleConnections = 16;

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

HeaderList MakeHeaders(const TransportRequest& request) {
  HeaderList headers;
  const auto add = [&headers](const std::string& line) {
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  };
  // Headers of the library's own that are not wanted. Not every server answers the first one, and
  // waiting for that costs a second; a body without a type would be told as a form's.
  for (const std::string_view name : {"expect", "accept", "content-type"}) {
    if (std::ranges::find(request.headers, name, &S3Field::name) == request.headers.end()) {
      add(fmt::format("{}:", name));
    }
  }
  for (const auto& [name, value] : request.headers) add(fmt::format("{}: {}", name, value));
  return headers;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

std::string_view TrimBlanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

/// libcurl calls it with one line; what it returns other than `count` ends the transfer.
std::size_t TakeHeader(const char* bytes, std::size_t /*size*/, std::size_t count, void* user) {
  auto& answer = *static_cast<TransportAnswer*>(user);
  const std::string_view line(bytes, count);
  if (line == "\r\n" || line == "\n") answer.has_whole_head = true;
  if (line.starts_with("HTTP/")) {
    // A first line: what came before was of an interim answer.
    answer.headers.clear();
    answer.has_whole_head = false;
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  if (answer.headers.size() == kMaxHeaders) return 0;
  answer.headers.push_back({.name = LowerCase(line.substr(0, colon)),
                            .value = std::string(TrimBlanks(line.substr(colon + 1)))});
  return count;
}

std::size_t TakeBody(const char* bytes, std::size_t /*size*/, std::size_t count, void* user) {
  std::string& body = static_cast<TransportAnswer*>(user)->body;
  if (body.size() + count > kMaxAnswerBytes) return 0;
  body.append(bytes, count);
  return count;
}

void StartLibrary() {
  static std::once_flag once;
  // Never undone: a connection may end as late as the process does.
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

/// One request at a time.
class S3Transport::Connection {
 public:
  Connection() : easy_(curl_easy_init()), multi_(curl_multi_init()) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    curl_easy_cleanup(easy_);
    curl_multi_cleanup(multi_);
  }

  Result<TransportAnswer> Send(const TransportRequest& request, const TransportOptions& options);

 private:
  template <class T>
  void Set(CURLoption option, T value) {
    curl_easy_setopt(easy_, option, value);
  }
  void SetUp(const TransportRequest& request, const TransportOptions& options);
  std::uint64_t BytesMoved() const;
  std::optional<std::string> Run(std::chrono::milliseconds silence_timeout);

  CURL* const easy_;
  CURLM* const multi_;  // Keeps the socket open between requests.
  std::array<char, CURL_ERROR_SIZE> reason_{};
};

void S3Transport::Connection::SetUp(const TransportRequest& request,
                                    const TransportOptions& options) {
  curl_easy_reset(easy_);
  Set(CURLOPT_URL, request.url.c_str());
  Set(CURLOPT_PROTOCOLS_STR, "http,https");
  Set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  // The path is signed as it is written.
  Set(CURLOPT_PATH_AS_IS, 1L);
  // Else it would set handlers of signals, which are the whole process's.
  Set(CURLOPT_NOSIGNAL, 1L);
  // Else the end of a request waits for the resolver, whatever the request's own limits.
  Set(CURLOPT_QUICK_EXIT, 1L);
  // As the client that reads does: nothing of the environment's proxies.
  Set(CURLOPT_PROXY, "");
  Set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  if (!options.certificates_file.empty()) {
    Set(CURLOPT_CAINFO, options.certificates_file.c_str());
  }
  reason_.front() = '\0';
  Set(CURLOPT_ERRORBUFFER, reason_.data());
  Set(CURLOPT_HEADERFUNCTION, &TakeHeader);
  Set(CURLOPT_WRITEFUNCTION, &TakeBody);
  if (request.method == "HEAD") {
    Set(CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    // A null would have it read from standard input.
    Set(CURLOPT_POSTFIELDS, request.body.empty() ? "" : request.body.data());
    Set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  Set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

std::uint64_t S3Transport::Connection::BytesMoved() const {
  curl_off_t sent = 0;
  curl_off_t received = 0;
  long head_sent = 0;
  long head_received = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &sent);
  curl_easy_getinfo(easy_, CURLINFO_SIZE_DOWNLOAD_T, &received);
  curl_easy_getinfo(easy_, CURLINFO_REQUEST_SIZE, &head_sent);
  curl_easy_getinfo(easy_, CURLINFO_HEADER_SIZE, &head_received);
  return static_cast<std::uint64_t>(sent + received + head_sent + head_received);
}

/// Returns why there is no answer; nullopt if there is one.
std::optional<std::string> S3Transport::Connection::Run(std::chrono::milliseconds silence_timeout) {
  // The library's own bound averages over five seconds, and so may take twice as long.
  Deadline silence = Deadline::After(silence_timeout);
  std::uint64_t moved = 0;
  for (int running = 1;;) {
    if (const CURLMcode code = curl_multi_perform(multi_, &running); code != CURLM_OK) {
      return curl_multi_strerror(code);
    }
    if (running == 0) break;
    if (const std::uint64_t now = BytesMoved(); now != moved) {
      moved = now;
      silence = Deadline::After(silence_timeout);
    }
    if (silence.HasPassed()) {
      return fmt::format("no byte came or went for {} ms", silence_timeout.count());
    }
    // One more, so that it is not asked about again within the same millisecond.
    const auto wait = static_cast<int>(silence.Remaining().count()) + 1;
    curl_multi_poll(multi_, nullptr, 0, wait, nullptr);
  }
  int left = 0;
  const CURLMsg* message = curl_multi_info_read(multi_, &left);
  if (message == nullptr) return "the transfer ended without a result";
  const CURLcode code = message->data.result;
  if (code == CURLE_OK) return std::nullopt;
  return reason_.front() != '\0' ? reason_.data() : curl_easy_strerror(code);
}

Result<TransportAnswer> S3Transport::Connection::Send(const TransportRequest& request,
                                                      const TransportOptions& options) {
  TransportAnswer answer;
  const HeaderList headers = MakeHeaders(request);
  SetUp(request, options);
  Set(CURLOPT_HTTPHEADER, headers.get());
  Set(CURLOPT_HEADERDATA, &answer);
  Set(CURLOPT_WRITEDATA, &answer);
  curl_multi_add_handle(multi_, easy_);
  auto failure = Run(options.silence_timeout);
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  curl_multi_remove_handle(multi_, easy_);
  // To the library, headers that break off are all that there are.
  if (!failure && !answer.has_whole_head)
    failure = "the connection ended in the middle of an answer";
  if (failure) return MakeError(ErrorCode::kUnavailable, *std::move(failure));
  answer.status = static_cast<int>(status);
  return answer;
}

std::string_view TransportAnswer::HeaderOf(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &S3Field::name);
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

S3Transport::S3Transport(TransportOptions options) : options_(std::move(options)) {
  StartLibrary();
}

S3Transport::~S3Transport() = default;

std::unique_ptr<S3Transport::Connection> S3Transport::Take() {
  const MutexLock lock(mutex_);
  if (idle_.empty()) return std::make_unique<Connection>();
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return connection;
}

void S3Transport::GiveBack(std::unique_ptr<Connection> connection) {
  const MutexLock lock(mutex_);
  if (idle_.size() < kMaxIdleConnections) idle_.push_back(std::move(connection));
}

Result<TransportAnswer> S3Transport::Send(const TransportRequest& request) {
  auto connection = Take();
  auto answer = connection->Send(request, options_);
  // One that failed may still hold half of an answer.
  if (answer) GiveBack(std::move(connection));
  return answer;
}

}  // namespace tidemark::object_store
