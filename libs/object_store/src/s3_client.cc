#include "s3_client.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stop_token>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "tidemark/base/back_off.h"
#include "tidemark/base/clock.h"
#include "tidemark/base/log.h"
#include "tidemark/base/random.h"
#include "tidemark/base/sha256.h"
#include "tidemark/base/wait.h"

namespace tidemark::object_store {
namespace {

constexpr BackOffPolicy kBackOff{.base = std::chrono::milliseconds(100),
                                 .max = std::chrono::milliseconds(2000)};
constexpr std::size_t kMaxMessageBytes = 300;

// Whatever their status: what failed is not what was asked for.
constexpr std::array<std::string_view, 8> kPassingCodes = {
    "ConditionalRequestConflict", "InternalError",      "OperationAborted", "RequestTimeout",
    "RequestTimeoutException",    "ServiceUnavailable", "SlowDown",         "Throttling",
};

bool MayPass(const S3Answer& answer) {
  switch (answer.status) {
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      return true;
    default:
      return std::ranges::find(kPassingCodes, answer.code) != kPassingCodes.end();
  }
}

std::string WithoutEntities(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
  std::string plain;
  while (!text.empty()) {
    const auto* const entity = std::ranges::find_if(
        kEntities, [text](const auto& known) { return text.starts_with(known.first); });
    plain.push_back(entity == kEntities.end() ? text.front() : entity->second);
    text.remove_prefix(entity == kEntities.end() ? 1 : entity->first.size());
  }
  return plain;
}

/// One line of a bounded length, whatever the server wrote.
std::string Printable(std::string text) {
  text.resize(std::min(text.size(), kMaxMessageBytes));
  std::ranges::replace_if(text, [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; }, ' ');
  return text;
}

/// Where the requests go: the host, and what stands before the key.
struct Place {
  std::string authority;
  std::string path;
};

Place PlaceOf(const S3ClientOptions& options, std::string_view region) {
  const bool is_amazon = options.authority.empty();
  // A name with dots has no certificate.
  const bool has_dots = options.bucket.find('.') != std::string::npos;
  const bool is_virtual_hosted = is_amazon ? !has_dots : options.is_virtual_hosted;
  std::string host = options.authority;
  if (is_amazon) {
    host = fmt::format("s3.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
  }
  if (is_virtual_hosted) return {.authority = options.bucket + "." + host, .path = "/"};
  return {.authority = std::move(host), .path = "/" + EncodeS3Key(options.bucket) + "/"};
}

}  // namespace

std::string FindS3Element(std::string_view xml, std::string_view name) {
  const std::string begin_tag = fmt::format("<{}>", name);
  const std::size_t begin = xml.find(begin_tag);
  if (begin == std::string_view::npos) return "";
  xml.remove_prefix(begin + begin_tag.size());
  const std::size_t end = xml.find(fmt::format("</{}>", name));
  if (end == std::string_view::npos) return "";
  return WithoutEntities(xml.substr(0, end));
}

std::string S3Answer::Text() const {
  std::string text = fmt::format("the store answers {}", status);
  if (!code.empty()) text += " " + code;
  if (!message.empty()) text += ": " + message;
  return text;
}

S3Client::S3Client(S3ClientOptions options)
    : options_(std::move(options)), transport_(options_.transport), region_(options_.region) {}

std::string S3Client::region() {
  const MutexLock lock(mutex_);
  return region_;
}

void S3Client::ForgetConditions() {
  if (!knows_conditions_.exchange(false)) return;
  Log(LogLevel::kWarning, "store_knows_no_conditional_write",
      {{"bucket", options_.bucket},
       {"consequence", "two writers of one path at the same moment may both succeed"}});
}

Result<S3Answer> S3Client::SendOnce(const S3Request& request, std::string_view region) {
  const Place place = PlaceOf(options_, region);
  S3Signable signable{.method = request.method,
                      .path = place.path + EncodeS3Key(request.key),
                      .query = MakeS3Query(request.parameters),
                      .headers = request.headers};
  signable.headers.push_back({.name = "host", .value = place.authority});
  std::string md5 = request.method == "PUT" ? Base64Md5(request.body) : "";
  if (!md5.empty()) {
    signable.headers.push_back({.name = "content-md5", .value = std::move(md5)});
  }
  const S3Credentials credentials = options_.credentials();
  std::string authorization;
  if (!credentials.access_key.empty()) {
    const UtcTime now = SystemClock().Now() + clock_is_behind_.load();
    signable.headers.push_back({.name = "x-amz-date", .value = FormatS3Time(now)});
    signable.headers.push_back({.name = "x-amz-content-sha256", .value = Sha256Hex(request.body)});
    if (!credentials.session_token.empty()) {
      signable.headers.push_back(
          {.name = "x-amz-security-token", .value = credentials.session_token});
    }
    authorization = SignS3Request(signable, region, credentials);
  }
  TransportRequest message{
      .method = request.method,
      .url = fmt::format("{}://{}{}{}{}", options_.scheme, place.authority, signable.path,
                         signable.query.empty() ? "" : "?", signable.query),
      .headers = std::move(signable.headers),
      .body = request.body};
  if (!authorization.empty()) {
    message.headers.push_back({.name = "authorization", .value = std::move(authorization)});
  }
  TIDEMARK_TRY(TransportAnswer got, transport_.Send(message));
  S3Answer answer{std::move(got), "", "", false};
  if (answer.status >= 300 || answer.body.find("<Error>") != std::string::npos) {
    answer.code = Printable(FindS3Element(answer.body, "Code"));
    answer.message = Printable(FindS3Element(answer.body, "Message"));
  }
  return answer;
}

/// Whether the answer says that the request was well but for what we could not know: the bucket's
/// region, or the time. Arrow's client learns both likewise.
bool S3Client::LearnsFrom(const S3Answer& answer, std::string_view region) {
  if (answer.code == "RequestTimeTooSkewed") {
    const std::time_t theirs = curl_getdate(std::string(answer.HeaderOf("date")).c_str(), nullptr);
    if (theirs < 0) return false;
    const auto ours = std::chrono::floor<std::chrono::seconds>(SystemClock().Now());
    clock_is_behind_ = std::chrono::sys_seconds(std::chrono::seconds(theirs)) - ours;
    return true;
  }
  const std::string_view theirs = answer.HeaderOf("x-amz-bucket-region");
  const bool is_elsewhere = answer.status == 301 || answer.status == 307 || answer.status == 400;
  if (!is_elsewhere || theirs.empty() || theirs == region) return false;
  const MutexLock lock(mutex_);
  region_ = theirs;
  return true;
}

Result<S3Answer> S3Client::Send(const S3Request& request, int attempts) {
  bool may_have_been_done = false;
  for (int attempt = 1;; ++attempt) {
    const std::string asked = region();
    auto answer = SendOnce(request, asked);
    if (answer && LearnsFrom(*answer, asked)) answer = SendOnce(request, region());
    if (answer) answer->may_have_been_done = may_have_been_done;
    may_have_been_done |= !answer || answer->status >= 500;
    if (attempt >= attempts || (answer && !MayPass(*answer))) return answer;
    WaitFor(JitteredBackOff(kBackOff, static_cast<std::uint64_t>(attempt), RandomU64()),
            std::stop_token());
  }
}

}  // namespace tidemark::object_store
