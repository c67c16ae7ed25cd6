// Where a message's head ends, found before the parser sees it. Beast's own header limit counts
// only what it has not consumed yet, so a peer that sends each line by itself is not limited at
// all; and it waits for the end of a head that cannot become one.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tidemark::http {

/// Scans one head. Its work is linear in the bytes, however they come.
class HeadScanner {
 public:
  /// `bytes`: everything that has come since the head's first byte.
  void Scan(std::string_view bytes);

  /// Bytes of the head with its last empty line; absent until that has come.
  std::optional<std::size_t> size_bytes() const { return size_bytes_; }

  /// Bytes of the first line without its end; absent until that has come.
  std::optional<std::size_t> first_line_bytes() const { return first_line_bytes_; }

  /// No head starts like this: a line ends in a bare line feed, or the first byte is no letter, as
  /// with a TLS client at a plain port.
  bool is_malformed() const { return is_malformed_; }

 private:
  std::size_t scanned_bytes_ = 0;
  std::size_t line_begin_ = 0;
  std::optional<std::size_t> size_bytes_;
  std::optional<std::size_t> first_line_bytes_;
  bool is_malformed_ = false;
};

}  // namespace tidemark::http
