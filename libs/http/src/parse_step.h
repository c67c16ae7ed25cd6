// How bytes are fed to Beast's parser, the same way on both ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace tidemark::http {

enum class ParseStep : std::uint8_t { kDone, kNeedsMore, kTooLarge, kMalformed };

/// Parses the head, which is the first `head_bytes` of the buffer. Never needs more.
template <class Parser>
ParseStep ParseHead(Parser& parser, boost::beast::flat_buffer& buffer, std::size_t head_bytes) {
  boost::system::error_code error;
  buffer.consume(parser.put(boost::asio::buffer(buffer.data(), head_bytes), error));
  if (error == boost::beast::http::error::body_limit) return ParseStep::kTooLarge;
  return !error && parser.is_header_done() ? ParseStep::kDone : ParseStep::kMalformed;
}

/// Parses as much of the body as the buffer has.
template <class Parser>
ParseStep ParseBody(Parser& parser, boost::beast::flat_buffer& buffer) {
  // "0\r\n\r\n". The parser asserts that the end of a chunked body does not come in smaller pieces,
  // and no such body is shorter from any point at which the parser stops.
  constexpr std::size_t kLastChunkBytes = 5;
  const std::size_t parsable_bytes = parser.chunked() ? kLastChunkBytes : 1;

  parser.eager(true);
  while (!parser.is_done() && buffer.size() >= parsable_bytes) {
    boost::system::error_code error;
    const std::size_t taken_bytes = parser.put(buffer.data(), error);
    buffer.consume(taken_bytes);
    if (error == boost::beast::http::error::body_limit) return ParseStep::kTooLarge;
    if (error && error != boost::beast::http::error::need_more) return ParseStep::kMalformed;
    if (taken_bytes == 0) break;
  }
  if (parser.is_done()) return ParseStep::kDone;
  // A chunk's extensions or the trailers do not fit.
  if (buffer.size() == buffer.max_size()) return ParseStep::kMalformed;
  return ParseStep::kNeedsMore;
}

}  // namespace tidemark::http
