#include "body_reader.h"

#include <algorithm>

#include <boost/asio/buffer.hpp>

namespace tidemark::http {

BodyReader::Chunked::Chunked(const Limits& limits) : buffer(limits.max_line_bytes) {
  constexpr std::string_view kHead = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  parser.body_limit(limits.max_body_bytes);
  boost::system::error_code error;
  parser.put(boost::asio::buffer(kHead.data(), kHead.size()), error);
}

ParseStep BodyReader::Chunked::Take(std::string_view& input) {
  ParseStep step = ParseBody(parser, buffer);
  while (step == ParseStep::kNeedsMore && !input.empty()) {
    const std::size_t room = buffer.max_size() - buffer.size();
    const std::size_t taken = std::min(room, input.size());
    buffer.commit(
        boost::asio::buffer_copy(buffer.prepare(taken), boost::asio::buffer(input.data(), taken)));
    input.remove_prefix(taken);
    step = ParseBody(parser, buffer);
  }
  // What follows the body has come with its last bytes.
  if (step == ParseStep::kDone)
    input = {input.data() - buffer.size(), input.size() + buffer.size()};
  return step;
}

BodyReader::BodyReader(const RequestHead& head, const Limits& limits)
    : max_body_bytes_(limits.max_body_bytes),
      length_(head.content_length.value_or(0)),
      chunked_(head.is_chunked ? std::make_unique<Chunked>(limits) : nullptr) {}

std::string& BodyReader::body() { return chunked_ ? chunked_->parser.get().body() : body_; }

ParseStep BodyReader::Take(std::string_view& input) {
  if (chunked_) return chunked_->Take(input);
  if (length_ > max_body_bytes_) return ParseStep::kTooLarge;
  const std::size_t taken = std::min<std::size_t>(length_ - body_.size(), input.size());
  body_.append(input.substr(0, taken));
  input.remove_prefix(taken);
  return body_.size() == length_ ? ParseStep::kDone : ParseStep::kNeedsMore;
}

}  // namespace tidemark::http
