// Arrow's way to write, onto an object of ours.
#pragma once

#include <cstdint>
#include <optional>

#include <arrow/io/interfaces.h>
#include <arrow/result.h>

#include "tidemark/base/result.h"

namespace tidemark::object_store {
class ObjectWriter;
}

namespace tidemark::parquet_io {

/// Hands bytes on to an ObjectWriter and keeps its first failure, which Arrow would make a text of.
class ObjectSink final : public arrow::io::OutputStream {
 public:
  explicit ObjectSink(object_store::ObjectWriter& object) : object_(object) {}

  /// Refuses all that comes from now on. Arrow's writer completes its file when it is destroyed;
  /// half a file must not get a footer.
  void Abandon();

  const std::optional<Error>& failure() const { return failure_; }
  std::uint64_t size_bytes() const { return size_bytes_; }

  arrow::Status Write(const void* data, std::int64_t size_bytes) override;
  /// Does nothing: the object is finished by whoever opened it.
  arrow::Status Close() override { return arrow::Status::OK(); }
  arrow::Result<std::int64_t> Tell() const override {
    return static_cast<std::int64_t>(size_bytes_);
  }
  bool closed() const override { return false; }

  using arrow::io::OutputStream::Write;

 private:
  object_store::ObjectWriter& object_;
  std::uint64_t size_bytes_ = 0;
  std::optional<Error> failure_;
};

}  // namespace tidemark::parquet_io
