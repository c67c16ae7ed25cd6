#include "body_reader.h"

#include <string>

#include <gtest/gtest.h>

namespace tidemark::http {
namespace {

constexpr BodyReader::Limits kLimits{.max_body_bytes = 100, .max_line_bytes = 200};

RequestHead OfLength(std::uint64_t bytes) {
  RequestHead head;
  head.content_length = bytes;
  return head;
}

RequestHead Chunked() {
  RequestHead head;
  head.is_chunked = true;
  return head;
}

/// Takes all of `text`, `piece_bytes` at a time, and whatever a piece leaves again with the next.
/// Yields what is left over.
std::string TakeInPieces(BodyReader& body, const std::string& text, std::size_t piece_bytes,
                         ParseStep expected) {
  std::string input;
  ParseStep step = ParseStep::kNeedsMore;
  for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
    EXPECT_EQ(step, ParseStep::kNeedsMore) << at;
    input += text.substr(at, piece_bytes);
    std::string_view left = input;
    step = body.Take(left);
    input = std::string(left);
    if (step != ParseStep::kNeedsMore)
      return input + text.substr(std::min(at + piece_bytes, text.size()));
  }
  EXPECT_EQ(step, expected);
  return input;
}

TEST(BodyReaderTest, TakesSoManyBytesAndLeavesTheNextRequest) {
  const std::string text = "0123456789GET / HTTP/1.1\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    BodyReader body(OfLength(10), kLimits);
    EXPECT_EQ(TakeInPieces(body, text, piece, ParseStep::kDone), text.substr(10)) << piece;
    EXPECT_EQ(body.body(), "0123456789") << piece;
  }
}

TEST(BodyReaderTest, DecodesChunksAndLeavesTheNextRequest) {
  const std::string chunked = "5;a=b\r\nabcde\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n";
  const std::string next = "GET / HTTP/1.1\r\n\r\nPOST";
  const std::string text = chunked + next;
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    BodyReader body(Chunked(), kLimits);
    EXPECT_EQ(TakeInPieces(body, text, piece, ParseStep::kDone), next) << piece;
    EXPECT_EQ(body.body(), "abcde0123456789") << piece;
  }
}

TEST(BodyReaderTest, ABodyThatIsDeclaredTooLargeIsSoBeforeItComes) {
  std::string_view nothing;
  BodyReader fits(OfLength(100), kLimits);
  EXPECT_EQ(fits.Take(nothing), ParseStep::kNeedsMore);
  for (const std::uint64_t bytes : {std::uint64_t{101}, ~std::uint64_t{0}}) {
    BodyReader body(OfLength(bytes), kLimits);
    EXPECT_EQ(body.Take(nothing), ParseStep::kTooLarge) << bytes;
  }
}

TEST(BodyReaderTest, ChunksThatAreTogetherTooLargeAre) {
  const auto take = [](const std::string& text) {
    BodyReader body(Chunked(), kLimits);
    std::string_view input = text;
    return body.Take(input);
  };
  const std::string half = "32\r\n" + std::string(50, 'x') + "\r\n";
  EXPECT_EQ(take(half + half + "0\r\n\r\n"), ParseStep::kDone);
  EXPECT_EQ(take(half + half + "1\r\nx\r\n0\r\n\r\n"), ParseStep::kTooLarge);
  EXPECT_EQ(take("FFFFFFFFFFFFFFFF\r\n"), ParseStep::kTooLarge);
}

TEST(BodyReaderTest, KnowsWhatIsNoChunk) {
  for (const std::string text :
       {"x\r\n\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "11111111111111111\r\n0\r\n\r\n"}) {
    BodyReader body(Chunked(), kLimits);
    std::string_view input = text;
    EXPECT_EQ(body.Take(input), ParseStep::kMalformed) << text;
  }
  BodyReader endless(Chunked(), kLimits);
  const std::string extension = "1;" + std::string(400, 'a');
  std::string_view input = extension;
  EXPECT_EQ(endless.Take(input), ParseStep::kMalformed);
}

}  // namespace
}  // namespace tidemark::http
