#include "remote_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <utility>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <fmt/format.h>

#include "open_object.h"
#include "posix_file.h"
#include "s3_upload.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/log.h"
#include "upload.h"

namespace tidemark::object_store {
namespace {

constexpr std::uint64_t kCopyBytes = 4ULL << 20U;

/// Arrow's own way to write an object.
class Stream final : public Upload {
 public:
  Stream(const RemoteFileSystem& remote, std::string path,
         std::shared_ptr<arrow::io::OutputStream> out)
      : remote_(remote), path_(std::move(path)), out_(std::move(out)) {}
  ~Stream() override {
    // Left to itself the stream would complete the object.
    if (out_ == nullptr) return;
    const arrow::Status aborted = out_->Abort();
    if (aborted.ok()) return;
    // The store keeps the parts, which cost money and are seen by nobody.
    Log(LogLevel::kWarning, "upload_not_aborted",
        {{"url", remote_.place.UrlOf(path_)},
         {"reason", remote_.place.Failure("abort", path_, aborted).error().message}});
  }

  Status Append(std::string_view bytes) override {
    const auto size = static_cast<std::int64_t>(bytes.size());
    return Check(out_->Write(bytes.data(), size));
  }
  Status Complete() override {
    TIDEMARK_TRY(Check(out_->Close()));
    out_.reset();
    return {};
  }

 private:
  Status Check(const arrow::Status& status) const {
    if (status.ok()) return {};
    return remote_.place.Failure("write", path_, status);
  }

  const RemoteFileSystem& remote_;
  const std::string path_;
  std::shared_ptr<arrow::io::OutputStream> out_;
};

Result<std::unique_ptr<Upload>> OpenStream(const RemoteFileSystem& remote,
                                           const std::string& path) {
  auto out = remote.files->OpenOutputStream(remote.place.KeyOf(path));
  if (!out.ok()) return remote.place.Failure("write", path, out.status());
  return std::make_unique<Stream>(remote, path, *std::move(out));
}

/// Keeps all of it in a file without a name, and sends it in one go.
class Spool final : public Upload {
 public:
  Spool(const RemoteFileSystem& remote, std::string path, FileDescriptor file)
      : remote_(remote), path_(std::move(path)), file_(std::move(file)) {}

  Status Append(std::string_view bytes) override {
    size_bytes_ += bytes.size();
    return WriteAll(file_, bytes, "the temporary file of " + path_);
  }
  Status Complete() override {
    TIDEMARK_TRY(const auto stream, OpenStream(remote_, path_));
    for (std::uint64_t begin = 0; begin < size_bytes_; begin += kCopyBytes) {
      const ByteRange range{.begin = begin, .end = std::min(size_bytes_, begin + kCopyBytes)};
      TIDEMARK_TRY(const auto bytes, ReadFrom(file_, range, "the temporary file of " + path_));
      TIDEMARK_TRY(stream->Append(bytes));
    }
    return stream->Complete();
  }

 private:
  const RemoteFileSystem& remote_;
  const std::string path_;
  FileDescriptor file_;
  std::uint64_t size_bytes_ = 0;
};

Result<std::unique_ptr<Upload>> OpenSpool(const RemoteFileSystem& remote, const std::string& path) {
  std::error_code failure;
  const auto folder = std::filesystem::temp_directory_path(failure);
  if (failure) return SystemError("find", "a folder for temporary files", failure.value());
  std::string name = (folder / "tidemark-upload-XXXXXX").string();
  FileDescriptor file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file.is_open()) return SystemError("create", name, errno);
  // It goes with its descriptor, however the process ends.
  ::unlink(name.c_str());
  return std::make_unique<Spool>(remote, path, std::move(file));
}

class RemoteWriter final : public ObjectWriter {
 public:
  RemoteWriter(RemoteTarget target, std::unique_ptr<Upload> upload)
      : target_(std::move(target)), upload_(std::move(upload)) {}

  Status Append(std::string_view bytes) override {
    if (failure_) return std::unexpected(*failure_);
    if (upload_ == nullptr) return AfterTheEnd("append to");
    if (Status appended = upload_->Append(bytes); !appended) {
      failure_ = std::move(appended).error();
      return std::unexpected(*failure_);
    }
    size_bytes_ += bytes.size();
    TIDEMARK_FAILPOINT("upload.mid_write");
    return {};
  }

  Result<ObjectInfo> Finish() override {
    if (failure_) return std::unexpected(*failure_);
    if (upload_ == nullptr) return AfterTheEnd("second finish of");
    const auto upload = std::move(upload_);
    // As late as can be: where the store knows no condition, what comes to be there from here on is
    // replaced.
    if (target_.if_exists == IfExists::kFail) TIDEMARK_TRY(CheckIsFree());
    TIDEMARK_FAILPOINT("upload.before_complete");
    TIDEMARK_TRY(upload->Complete());
    TIDEMARK_FAILPOINT("upload.before_check");
    TIDEMARK_TRY(ObjectInfo info, target_.head(target_.path));
    if (info.size_bytes != size_bytes_) {
      return MakeError(ErrorCode::kCorruption, fmt::format("{} has {} bytes after {} were written",
                                                           Url(), info.size_bytes, size_bytes_));
    }
    return info;
  }

 private:
  std::string Url() const { return target_.remote.place.UrlOf(target_.path); }
  std::unexpected<Error> AfterTheEnd(std::string_view what) const {
    return MakeError(ErrorCode::kInternal, fmt::format("{} the finished object {}", what, Url()));
  }
  Status CheckIsFree() {
    const auto present = target_.head(target_.path);
    if (present) {
      return MakeError(ErrorCode::kConflict, fmt::format("there is already an object {}", Url()));
    }
    if (present.error().code != ErrorCode::kNotFound) return std::unexpected(present.error());
    return {};
  }

  const RemoteTarget target_;
  std::unique_ptr<Upload> upload_;  // Null once finished.
  std::uint64_t size_bytes_ = 0;
  std::optional<Error> failure_;
};

Result<std::unique_ptr<Upload>> OpenUpload(const RemoteTarget& target) {
  const RemoteFileSystem& remote = target.remote;
  if (remote.s3 == nullptr) return OpenSpool(remote, target.path);
  return std::make_unique<S3Upload>(S3Upload::Target{.place = remote.place,
                                                     .client = *remote.s3,
                                                     .path = target.path,
                                                     .if_exists = target.if_exists});
}

}  // namespace

Result<std::unique_ptr<ObjectWriter>> OpenRemoteWriter(RemoteTarget target) {
  TIDEMARK_TRY(auto upload, OpenUpload(target));
  return std::make_unique<RemoteWriter>(std::move(target), std::move(upload));
}

}  // namespace tidemark::object_store
