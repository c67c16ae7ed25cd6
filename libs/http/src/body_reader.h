// A request's body, put together from what comes.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "head_parser.h"
#include "parse_step.h"

namespace tidemark::http {

/// Of one request.
class BodyReader {
 public:
  struct Limits {
    std::size_t max_body_bytes;
    std::size_t max_line_bytes;  // Of a chunk's size with its extensions, and of all trailers.
  };

  /// Requires: `head.has_body()`.
  BodyReader(const RequestHead& head, const Limits& limits);
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;
  ~BodyReader() = default;

  /// Takes what is the body's from the front of `input`. A body whose length is known to be too
  /// large is so before it comes: with an empty input.
  ParseStep Take(std::string_view& input);

  /// What has been taken so far, decoded.
  std::string& body();

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;

  /// Beast's decoder.
  struct Chunked {
    explicit Chunked(const Limits& limits);

    ParseStep Take(std::string_view& input);

    Parser parser;
    boost::beast::flat_buffer buffer;
  };

  const std::size_t max_body_bytes_;
  std::uint64_t length_ = 0;
  std::string body_;                  // Of one that is not chunked.
  std::unique_ptr<Chunked> chunked_;  // Of one that is.
};

}  // namespace tidemark::http
