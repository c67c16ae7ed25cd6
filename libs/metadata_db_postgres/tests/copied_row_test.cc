#include "copied_row.h"

#include <limits>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::metadata_db_postgres {
namespace {

const std::string kHeader("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);

std::string Integer(std::int64_t value, int size_bytes) {
  std::string bytes;
  for (int shift = 8 * (size_bytes - 1); shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(value >> shift & 0xff));
  }
  return bytes;
}
std::string Field(const std::string& bytes) {
  return Integer(static_cast<std::int64_t>(bytes.size()), 4) + bytes;
}
const std::string kNull = Integer(-1, 4);
const std::string kEnd = Integer(-1, 2);

TEST(CopiedRowTest, ReadsWhatTheServerSends) {
  CopiedRow row;
  const auto least = std::numeric_limits<std::int64_t>::min();
  const std::string text("a\0b", 3);
  const std::string first =
      kHeader + Integer(3, 2) + Field(Integer(least, 8)) + Field(text) + kNull;
  ASSERT_EQ(row.Take(first), true);
  EXPECT_EQ(row.Int64(0), least);
  EXPECT_EQ(row.View(1), text);
  EXPECT_EQ(row.OptionalInt64(2), std::nullopt);
  EXPECT_EQ(row.View(2), "");

  const std::string second = Integer(2, 2) + Field(Integer(255, 8)) + Field("");
  ASSERT_EQ(row.Take(second), true);
  EXPECT_EQ(row.Int64(0), 255);
  EXPECT_EQ(row.View(1), "");
  EXPECT_EQ(row.View(2), "");
  EXPECT_EQ(row.Take(kEnd), false);
}

TEST(CopiedRowTest, ACopyMayBeEmpty) { EXPECT_EQ(CopiedRow().Take(kHeader + kEnd), false); }

TEST(CopiedRowTest, RefusesWhatIsNotOfTheFormat) {
  const std::string whole = kHeader + Integer(2, 2) + Field(Integer(1, 8)) + Field("name");
  ASSERT_EQ(CopiedRow().Take(whole), true);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_FALSE(CopiedRow().Take(whole.substr(0, length))) << length;
  }
  const std::vector<std::string> wrong = {
      whole + "x",
      kHeader + kEnd + "x",
      kHeader + Integer(-2, 2),
      kHeader + Integer(9, 2) + kNull + kNull + kNull + kNull + kNull + kNull + kNull + kNull +
          kNull,
      kHeader + Integer(1, 2) + Integer(-2, 4),
      kHeader + Integer(1, 2) + Integer(std::numeric_limits<std::int32_t>::max(), 4) + "x",
      "pgcopy" + whole.substr(6)};
  for (const std::string& message : wrong) EXPECT_FALSE(CopiedRow().Take(message));
}

}  // namespace
}  // namespace tidemark::metadata_db_postgres
