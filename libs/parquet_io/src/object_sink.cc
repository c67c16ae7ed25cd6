#include "object_sink.h"

#include <string_view>

#include <arrow/status.h>

#include "tidemark/object_store/object_store.h"

namespace tidemark::parquet_io {

void ObjectSink::Abandon() {
  if (!failure_) failure_ = Error{ErrorCode::kInternal, "the file was given up"};
}

arrow::Status ObjectSink::Write(const void* data, std::int64_t size_bytes) {
  if (!failure_) {
    const std::string_view bytes(static_cast<const char*>(data),
                                 static_cast<std::size_t>(size_bytes));
    Status appended = object_.Append(bytes);
    if (appended) {
      size_bytes_ += bytes.size();
      return arrow::Status::OK();
    }
    failure_ = std::move(appended).error();
  }
  return arrow::Status::IOError(failure_->message);
}

}  // namespace tidemark::parquet_io
