#include "sql_tables.h"

#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::dataset_store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Each name as "qualifier.name", quoted parts in brackets, those read from with a leading >.
std::vector<std::string> Names(std::string_view sql) {
  const auto text = [](const SqlIdentifier& part) {
    return part.is_quoted ? "[" + part.text + "]" : part.text;
  };
  std::vector<std::string> names;
  for (const SqlTableName& name : FindTableNames(sql)) {
    names.push_back((name.is_read_from ? ">" : "") + text(name.qualifier) + "." + text(name.name));
  }
  return names;
}

TEST(SqlTablesTest, FindsTwoPartNamesInOrder) {
  EXPECT_THAT(Names("SELECT b.x, count(*) FROM src.blocks AS b, src.logs"),
              ElementsAre("b.x", ">src.blocks", "src.logs"));
  EXPECT_THAT(Names("select 1 from self.a Join self . b ON self/* */.a.x=self.b.x"),
              ElementsAre(">self.a", ">self.b", "self.a", "self.b"));
  EXPECT_THAT(Names("WITH t AS (SELECT * FROM\n--\nself.\n\"a\"\"b\") SELECT * FROM t"),
              ElementsAre(">self.[a\"b]"));
  EXPECT_THAT(Names("FROM \"self\".a JOIN `self`.`b`"), ElementsAre(">[self].a", ">[self].[b]"));
  EXPECT_THAT(Names("FROM \"eth/main@1.0.0\".blocks"), ElementsAre(">[eth/main@1.0.0].blocks"));
  EXPECT_THAT(Names("(a$1._b)"), ElementsAre("a$1._b"));
  EXPECT_THAT(Names("\xC3\xA9.b"), ElementsAre("\xC3\xA9.b"));
}

TEST(SqlTablesTest, WhatIsNotANameOfTwoPartsIsNotFound) {
  for (const std::string_view sql :
       {"", "a", ".", "a.", ".a", "a.'b'", "a..b", "1.b", "1.5.b", "0x1.b", "a.1", "a,b", "a. .b",
        "self.f(x)", "self.f (x)", "x[1].", "a.\"b\"(1)"}) {
    EXPECT_THAT(Names(sql), IsEmpty()) << sql;
  }
  EXPECT_THAT(Names("cat.self.t"), ElementsAre("cat.self"));
}

TEST(SqlTablesTest, StringsAndCommentsAreSkippedToTheirEnds) {
  for (const std::string_view hidden :
       {"'a.b'", "'it''s a.b'", "'\\'", "E'\\' a.b'", "e'\\\\'", "-- a.b\n", "--a.b\r\n", "/*a.b*/",
        "/* /* a.b */ a.b */", "/*/ a.b */", "$$a.b ' \" $$", "$x$a.b $$ $y$ a.b$x$", "\"a.b\"",
        "`a.b`", "N'a.b'", "--\n"}) {
    EXPECT_THAT(Names(std::string(hidden) + " x.y"), ElementsAre("x.y")) << hidden;
    EXPECT_THAT(Names("x.y " + std::string(hidden)), ElementsAre("x.y")) << hidden;
  }
}

TEST(SqlTablesTest, WhatDoesNotEndHidesTheRest) {
  for (const std::string_view open :
       {"'", "E'\\", "\"", "`", "/*", "/*/", "/* /* */", "--", "$$", "$a$"}) {
    EXPECT_THAT(Names("x.y " + std::string(open) + " a.b"), ElementsAre("x.y")) << open;
  }
}

TEST(SqlTablesTest, AParameterIsNoString) {
  EXPECT_THAT(Names("$1 a.b $2"), ElementsAre("a.b"));
  EXPECT_THAT(Names("$1$ a.b $1$"), ElementsAre("a.b"));
  EXPECT_THAT(Names("$ a.b"), ElementsAre("a.b"));
}

TEST(SqlTablesTest, OnlyUnquotedPartsIgnoreCase) {
  const auto names = FindTableNames("SELF.Blocks \"SELF\".\"Blocks\"");
  ASSERT_EQ(names.size(), 2U);
  EXPECT_TRUE(names[0].qualifier.Means("self"));
  EXPECT_TRUE(names[0].name.Means("blocks"));
  EXPECT_TRUE(names[0].name.Means("Blocks"));
  EXPECT_FALSE(names[0].name.Means("block"));
  EXPECT_FALSE(names[1].qualifier.Means("self"));
  EXPECT_TRUE(names[1].name.Means("Blocks"));
  EXPECT_FALSE(names[1].name.Means("blocks"));
}

// Method: string together random pieces whose names are known, and random noise between them that
// hides everything in it; the names must come out, in order, and nothing else.
TEST(SqlTablesPropertyTest, FindsExactlyTheNamesThatWerePutIn) {
  const int seed = testing::UnitTest::GetInstance()->random_seed();
  SCOPED_TRACE("rerun with GTEST_RANDOM_SEED=" + std::to_string(seed));
  std::mt19937 random(static_cast<std::uint32_t>(seed));
  const std::vector<std::string> noise = {
      " ",         "\n",          "/* a.b ' */", "'a.b'' -- '", "-- a.b \" '\n", "$$a.b'$$",
      ", ",        " + ",         " ( ",         " ) ",         " 1.5 ",         " word ",
      " \"a.b\" ", " E'\\'a.b' ", " self.f(",    " ; ",         " = ",           " < "};
  const std::vector<std::string> names = {"self.a", "x.y", "_s.t$"};
  const auto pick = [&](const std::vector<std::string>& from) -> const std::string& {
    return from[std::uniform_int_distribution<std::size_t>(0, from.size() - 1)(random)];
  };
  for (int round = 0; round < 5000; ++round) {
    std::string sql;
    std::vector<std::string> expected;
    for (int piece = 0; piece < 12; ++piece) {
      sql += pick(noise);
      if (piece % 3 == 0) {
        expected.push_back(pick(names));
        // Commas keep it apart from a word or a parenthesis of the noise.
        sql += "," + expected.back() + ",";
      }
    }
    ASSERT_EQ(Names(sql), expected) << sql;
  }
}

// Method: random bytes, mostly those that mean something; nothing is asserted but that it ends.
TEST(SqlTablesPropertyTest, AnyBytesAreRead) {
  std::mt19937 random(static_cast<std::uint32_t>(testing::UnitTest::GetInstance()->random_seed()));
  constexpr std::string_view kBytes = "aE'\"`$-/*.\n \\(1\xC3";
  std::uniform_int_distribution<std::size_t> any(0, kBytes.size() - 1);
  for (int round = 0; round < 20'000; ++round) {
    std::string sql;
    for (int i = 0; i < 20; ++i) sql.push_back(kBytes[any(random)]);
    EXPECT_LE(FindTableNames(sql).size(), 10U);
  }
}

TEST(SqlTablesTest, AMegabyteIsReadAtOnce) {
  std::string nested;
  for (int i = 0; i < 250'000; ++i) nested += "/*";
  EXPECT_THAT(Names(nested + " a.b"), IsEmpty());
  // Dollars that open nothing must not each look for an end.
  EXPECT_THAT(Names(std::string(1'000'000, '$')), IsEmpty());
  std::string tags;
  for (int i = 0; i < 100'000; ++i) tags += "$t$ $u";
  Names(tags);
}

}  // namespace
}  // namespace tidemark::dataset_store
