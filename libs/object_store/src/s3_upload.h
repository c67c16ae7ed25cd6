// Objects of S3 being written, so that of several writers of one path one succeeds.
//
// 1. The request that makes the object carries "If-None-Match: *" unless it may replace one: S3
//    decides, in one step, between those that come at once.
// 2. Each writer marks its object with random bits of its own. After a request without an answer,
//    and after each refusal, a look at the mark tells whose object is there: a repeated request is
//    refused because of the first one, which has succeeded.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "remote_place.h"
#include "s3_client.h"
#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"
#include "upload.h"

namespace tidemark::object_store {

/// The most that a writer keeps in memory. S3 takes parts of 5 MiB or more, 10,000 of them.
inline constexpr std::size_t kS3PartBytes = 8ULL << 20U;

/// The header that holds a writer's mark.
inline constexpr std::string_view kS3MarkHeader = "x-amz-meta-tidemark-writer";

/// An object of up to one part goes in one request, a larger one in parts as they come.
class S3Upload final : public Upload {
 public:
  struct Target {
    const RemotePlace& place;  // Both outlive the upload.
    S3Client& client;
    std::string path;
    IfExists if_exists = IfExists::kFail;
  };

  explicit S3Upload(Target target);
  ~S3Upload() override;

  Status Append(std::string_view bytes) override;
  Status Complete() override;

 private:
  std::string Key() const;
  S3Request UploadRequest(std::string_view method) const;
  Status Begin();
  Status SendPart();
  Status Conclude(S3Request request);
  Result<S3Answer> SendOnCondition(S3Request& request);
  Status FindOut(const Result<S3Answer>& answer);
  void Note(const Result<S3Answer>& answer);
  std::unexpected<Error> Failure(const Result<S3Answer>& answer) const;

  const Target target_;
  const std::string mark_;
  std::string buffer_;     // Of the part that comes next.
  std::string upload_id_;  // Empty until there is more than one part, and again at the end.
  std::vector<std::string> e_tags_;  // Of the parts sent.
  // The store has: the end of the upload is then asked for once, not several times.
  bool has_kept_waiting_ = false;
};

}  // namespace tidemark::object_store
