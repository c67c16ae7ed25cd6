#include "s3_upload.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "tidemark/base/log.h"
#include "tidemark/base/random.h"

namespace tidemark::object_store {
namespace {

constexpr std::size_t kMaxParts = 10'000;
// An object that is larger will likely fill a part.
constexpr std::size_t kSmallBytes = 1ULL << 20U;

std::string XmlText(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      default:
        escaped.push_back(c);
    }
  }
  return escaped;
}

std::string ListOfParts(const std::vector<std::string>& e_tags) {
  std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < e_tags.size(); ++i) {
    fmt::format_to(std::back_inserter(xml),
                   "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                   XmlText(e_tags[i]));
  }
  return xml + "</CompleteMultipartUpload>";
}

/// Whether the answer to the request that makes an object leaves no doubt that it has. S3 begins
/// its answer to the end of an upload before it knows; what comes may be an error, or nothing.
bool IsDone(const S3Request& request, const S3Answer& answer) {
  if (!answer.is_ok()) return false;
  return request.method == "PUT" ||
         answer.body.find("CompleteMultipartUploadRes") != std::string::npos;
}

/// Whether the object may be there all the same: none of the refusals that S3 gives before it does
/// anything.
bool MayBeDone(const Result<S3Answer>& answer) {
  if (!answer || answer->may_have_been_done) return true;
  if (answer->status < 400 || answer->status >= 500) return true;
  return answer->status == 404 || answer->status == 409 || answer->status == 412;
}

bool IsRefusal(const Result<S3Answer>& answer) {
  return answer && (answer->status == 412 || answer->code == "PreconditionFailed");
}

}  // namespace

S3Upload::S3Upload(Target target)
    : target_(std::move(target)), mark_(fmt::format("{:016x}{:016x}", RandomU64(), RandomU64())) {}

S3Upload::~S3Upload() {
  if (upload_id_.empty()) return;
  const S3Request abort = UploadRequest("DELETE");
  const auto answer =
      has_kept_waiting_ ? target_.client.Send(abort, 1) : target_.client.Send(abort);
  if (answer && (answer->status == 204 || answer->status == 200 || answer->status == 404)) return;
  // The store keeps the parts, which cost money and are seen by nobody.
  Log(LogLevel::kWarning, "upload_not_aborted",
      {{"url", target_.place.UrlOf(target_.path)}, {"reason", Failure(answer).error().message}});
}

std::string S3Upload::Key() const {
  return target_.place.KeyOf(target_.path).substr(target_.place.bucket.size() + 1);
}

S3Request S3Upload::UploadRequest(std::string_view method) const {
  return {.method = std::string(method),
          .key = Key(),
          .parameters = {{.name = "uploadId", .value = upload_id_}},
          .headers = {},
          .body = {}};
}

/// Takes note of an answer that is no success.
void S3Upload::Note(const Result<S3Answer>& answer) {
  has_kept_waiting_ = has_kept_waiting_ || !answer || answer->status >= 500;
}

std::unexpected<Error> S3Upload::Failure(const Result<S3Answer>& answer) const {
  if (!answer) return target_.place.Failure("write", target_.path, answer.error());
  const ErrorCode code =
      answer->code == "KeyTooLongError" ? ErrorCode::kInvalidArgument : ErrorCode::kUnavailable;
  return target_.place.Failure("write", target_.path,
                               Error{.code = code, .message = answer->Text()});
}

Status S3Upload::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    // Not before there is more: the last part goes out with Complete, and may be the only one.
    if (buffer_.size() == kS3PartBytes) TIDEMARK_TRY(SendPart());
    const std::size_t count = std::min(bytes.size(), kS3PartBytes - buffer_.size());
    if (buffer_.size() + count > kSmallBytes) buffer_.reserve(kS3PartBytes);
    buffer_.append(bytes.substr(0, count));
    bytes.remove_prefix(count);
  }
  return {};
}

Status S3Upload::Begin() {
  const auto answer = target_.client.Send(
      {.method = "POST",
       .key = Key(),
       .parameters = {{.name = "uploads", .value = ""}},
       .headers = {{.name = "content-type", .value = "application/octet-stream"},
                   {.name = std::string(kS3MarkHeader), .value = mark_}},
       .body = {}});
  if (answer && answer->is_ok()) upload_id_ = FindS3Element(answer->body, "UploadId");
  if (!upload_id_.empty()) return {};
  Note(answer);
  return Failure(answer);
}

Status S3Upload::SendPart() {
  if (upload_id_.empty()) TIDEMARK_TRY(Begin());
  if (e_tags_.size() == kMaxParts) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} would have more than {} parts of {} bytes",
                                 target_.place.UrlOf(target_.path), kMaxParts, kS3PartBytes));
  }
  S3Request request = UploadRequest("PUT");
  request.parameters.push_back({.name = "partNumber", .value = fmt::to_string(e_tags_.size() + 1)});
  request.body = buffer_;
  const auto answer = target_.client.Send(request);
  const std::string_view e_tag = answer ? answer->HeaderOf("etag") : "";
  if (!answer || !answer->is_ok() || e_tag.empty()) {
    Note(answer);
    return Failure(answer);
  }
  e_tags_.emplace_back(e_tag);
  buffer_.clear();
  return {};
}

Status S3Upload::Complete() {
  if (upload_id_.empty()) {
    return Conclude({.method = "PUT",
                     .key = Key(),
                     .parameters = {},
                     .headers = {{.name = "content-type", .value = "application/octet-stream"},
                                 {.name = std::string(kS3MarkHeader), .value = mark_}},
                     .body = buffer_});
  }
  TIDEMARK_TRY(SendPart());
  const std::string parts = ListOfParts(e_tags_);
  S3Request request = UploadRequest("POST");
  request.headers = {{.name = "content-type", .value = "application/xml"}};
  request.body = parts;
  TIDEMARK_TRY(Conclude(std::move(request)));
  upload_id_.clear();
  return {};
}

Status S3Upload::Conclude(S3Request request) {
  const auto answer = SendOnCondition(request);
  if (answer && IsDone(request, *answer)) return {};
  Note(answer);
  return MayBeDone(answer) ? FindOut(answer) : Failure(answer);
}

/// A store that does not know the condition says that it has not implemented it. The look at the
/// path that comes before is then all there is.
Result<S3Answer> S3Upload::SendOnCondition(S3Request& request) {
  S3Client& client = target_.client;
  const bool has_condition = target_.if_exists == IfExists::kFail && client.knows_conditions();
  if (!has_condition) return client.Send(request);
  request.headers.push_back({.name = "if-none-match", .value = "*"});
  auto answer = client.Send(request);
  if (!answer || answer->code != "NotImplemented") return answer;
  request.headers.pop_back();
  answer = client.Send(request);
  if (answer && IsDone(request, *answer)) client.ForgetConditions();
  return answer;
}

/// Whose object is there, after `answer`, which was none, or tells nothing.
Status S3Upload::FindOut(const Result<S3Answer>& answer) {
  const auto look = target_.client.Send(
      {.method = "HEAD", .key = Key(), .parameters = {}, .headers = {}, .body = {}});
  if (look && look->is_ok()) {
    if (look->HeaderOf(kS3MarkHeader) == mark_) return {};
    if (target_.if_exists == IfExists::kReplace) return Failure(answer);
  } else if (!look || look->status != 404) {
    auto failure = Failure(answer);
    failure.error().message += "; whether it is there could not be found out";
    return failure;
  } else if (!IsRefusal(answer)) {
    return Failure(answer);
  }
  return MakeError(ErrorCode::kConflict,
                   fmt::format("there is already an object {}", target_.place.UrlOf(target_.path)));
}

}  // namespace tidemark::object_store
