// The same rows in PostgreSQL, SQLite and memory, and in a database of Amp's that is only read: the
// Admin API over each gives the same answers, byte for byte.
#include <regex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "golden.h"
#include "lakes.h"

namespace tidemark::conformance {
namespace {

class StoresAgreeTest : public testing::TestWithParam<Source> {
 protected:
  Lakes& lakes() { return Lakes::Of(GetParam()); }

  std::vector<std::string> requests() {
    std::vector<std::string> all = RecordedRequests(GetParam().recorded);
    for (std::string& request : RequestsAbout(lakes().rows())) all.push_back(std::move(request));
    return all;
  }
};

// A database that is only read keeps no version numbers, and its failed jobs are tried again by
// Amp, at other times than by us.
std::string WithoutOurs(const http::Reply& reply) {
  static const std::regex kOurs(
      R"re("version":(\d+|null)|"retry_at":"[^"]*"|to be tried again by [^"]*|\nETag: [^\n]*)re");
  return std::regex_replace(ToText(reply), kOurs, "?");
}

TEST_P(StoresAgreeTest, OurThreeStoresAnswerByteForByteTheSame) {
  std::size_t answered = 0;
  for (const std::string& request : requests()) {
    const http::Reply sqlite = lakes().sqlite().Ask(request);
    EXPECT_EQ(ToText(sqlite), ToText(lakes().postgres().Ask(request))) << request;
    EXPECT_EQ(ToText(sqlite), ToText(lakes().memory().Ask(request))) << request;
    if (sqlite.status == 200) ++answered;
  }
  // Answers, not errors that happen to agree.
  EXPECT_GT(answered, lakes().rows().size() / 2);
}

TEST_P(StoresAgreeTest, AnAttachedDatabaseDiffersInVersionsAndRetriesOnly) {
  for (const std::string& request : requests()) {
    EXPECT_EQ(WithoutOurs(lakes().sqlite().Ask(request)),
              WithoutOurs(lakes().attached().Ask(request)))
        << request;
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, StoresAgreeTest, testing::ValuesIn(Sources()),
                         [](const auto& source) { return source.param.name; });

}  // namespace
}  // namespace tidemark::conformance
