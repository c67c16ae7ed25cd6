#include "head_scanner.h"

#include "ascii.h"

namespace tidemark::http {

void HeadScanner::Scan(std::string_view bytes) {
  if (!bytes.empty() && !IsLetter(bytes.front())) is_malformed_ = true;
  while (!is_malformed_ && !size_bytes_) {
    const std::size_t line_feed = bytes.find('\n', scanned_bytes_);
    if (line_feed == std::string_view::npos) {
      scanned_bytes_ = bytes.size();
      return;
    }
    if (line_feed == 0 || bytes[line_feed - 1] != '\r') {
      is_malformed_ = true;
      return;
    }
    const std::size_t line_bytes = line_feed - 1 - line_begin_;
    if (!first_line_bytes_) first_line_bytes_ = line_bytes;
    scanned_bytes_ = line_feed + 1;
    line_begin_ = scanned_bytes_;
    if (line_bytes == 0) size_bytes_ = scanned_bytes_;
  }
}

}  // namespace tidemark::http
