#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tidemark/dataset_store/manifest.h"

namespace tidemark::dataset_store {
namespace {

using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Manifest Parse(const std::string& text) {
  auto manifest = ParseManifest(text);
  EXPECT_TRUE(manifest) << manifest.error().message << " in " << text.substr(0, 500);
  return manifest ? *std::move(manifest) : Manifest{};
}

void ExpectInvalid(const std::string& text, std::string_view why) {
  const auto manifest = ParseManifest(text);
  ASSERT_FALSE(manifest) << text.substr(0, 300);
  EXPECT_EQ(manifest.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(manifest.error().message, HasSubstr(why));
  EXPECT_LT(manifest.error().message.size(), 500U);
}

const std::string kNoColumns = R"({"arrow":{"fields":[]}})";
const std::string kTwoColumns =
    R"({"arrow":{"fields":[{"name":"a","type":"UInt64","nullable":false},)"
    R"({"name":"b","type":"Utf8","nullable":true}]}})";
const std::string kSomeHash(64, 'c');

/// A derived manifest whose tables have this SQL, by name.
std::string DerivedFrom(const std::vector<std::pair<std::string, std::string>>& sql_by_table) {
  json manifest = {{"kind", "manifest"}, {"tables", json::object()}};
  for (const auto& [table, sql] : sql_by_table) {
    manifest["tables"][table] = {{"input", {{"sql", sql}}}, {"schema", json::parse(kNoColumns)}};
  }
  return manifest.dump();
}

TEST(RawManifestTest, TablesAreTheKindsWhateverTheManifestLists) {
  const auto tables = [](const std::string& kind) {
    const Manifest manifest =
        Parse(R"({"kind":")" + kind + R"(","network":"n","tables":{"zeta":{"network":"n",)" +
              R"("schema":)" + kNoColumns + "}}}");
    EXPECT_EQ(manifest.kind, kind);
    EXPECT_EQ(manifest.origin, Origin::kChain);
    EXPECT_EQ(manifest.network, "n");
    EXPECT_EQ(manifest.start_block, BlockNumber{0});
    EXPECT_THAT(manifest.dependencies, IsEmpty());
    return manifest.tables;
  };
  EXPECT_THAT(tables("evm-rpc"), ElementsAre("blocks", "transactions", "logs"));
  EXPECT_THAT(tables("firehose"), ElementsAre("blocks", "transactions", "calls", "logs"));
  EXPECT_THAT(tables("solana"), ElementsAre("block_headers", "block_rewards", "transactions",
                                            "messages", "instructions"));
}

TEST(RawManifestTest, EveryKindNeedsANetwork) {
  for (const std::string kind : {"evm-rpc", "firehose", "solana"}) {
    ExpectInvalid(R"({"kind":")" + kind + "\"}", "network is missing");
  }
}

TEST(DerivedManifestTest, IsWrittenWithItsMembersInAmpsOrder) {
  const std::string canonical =
      R"({"kind":"manifest","dependencies":{"Base":"base/mainnet@)" + kSomeHash +
      R"(","eth":"_/eth_rpc@1.2.0-rc.1+b"},)"
      R"("tables":{"mini":{"input":{"sql":"SELECT 1"},"schema":)" +
      kTwoColumns +
      R"(}},"functions":{"_f$":{"inputTypes":["Utf8",{"FixedSizeBinary":20}],"outputType":"Boolean",)"
      R"("source":{"source":"x","filename":"f.js"}}}})";
  const std::string untidy =
      R"({"functions":{"_f$":{"name":"f","source":{"filename":"f.js","source":"x","sha":1},)"
      R"("outputType":"Boolean","inputTypes":["Utf8",{"FixedSizeBinary":20}]}},"network":"n",)"
      R"("tables":{"mini":{"network":"n","schema":)" +
      kTwoColumns +
      R"(,"input":{"sql":"SELECT 1","x":[]}}},"dependencies":{"eth":"_/eth_rpc@1.2.0-rc.1+b",)"
      R"("Base":"base/mainnet@)" +
      kSomeHash + R"("},"start_block":7,"kind":"manifest"})";
  const Manifest manifest = Parse(untidy);
  EXPECT_EQ(manifest.canonical_json, canonical);
  EXPECT_EQ(manifest.hash, HashManifest(canonical));
  EXPECT_EQ(manifest.origin, Origin::kDatasets);
  EXPECT_FALSE(manifest.network);
  EXPECT_FALSE(manifest.start_block);
  EXPECT_FALSE(manifest.finalized_blocks_only);
  ASSERT_EQ(manifest.dependencies.size(), 2U);
  EXPECT_EQ(manifest.dependencies[0].alias, "Base");
  EXPECT_EQ(manifest.dependencies[0].reference.revision, kSomeHash);
  EXPECT_EQ(manifest.dependencies[1].reference.dataset, (DatasetName{"_", "eth_rpc"}));
  EXPECT_EQ(manifest.dependencies[1].reference.revision, "1.2.0-rc.1+b");
}

TEST(DerivedManifestTest, ItsMapsMayBeLeftOut) {
  EXPECT_EQ(Parse(R"({"kind":"manifest"})").canonical_json,
            R"({"kind":"manifest","dependencies":{},"tables":{},"functions":{}})");
}

TEST(DerivedManifestTest, SourceCodeKeepsItsLinesAsSerdeWritesThem) {
  const std::string sql = "SELECT\t1 -- \x7F \xC3\xA9 \xE2\x80\xA8 </script>\r\n\f\b\x01\\\"";
  const Manifest manifest = Parse(DerivedFrom({{"t", sql}}));
  EXPECT_THAT(manifest.canonical_json,
              HasSubstr("\"sql\":\"SELECT\\t1 -- \x7F \xC3\xA9 \xE2\x80\xA8 </script>"
                        "\\r\\n\\f\\b\\u0001\\\\\\\"\""));
  EXPECT_EQ(Parse(manifest.canonical_json).hash, manifest.hash);
}

TEST(DerivedManifestTest, TablesComeAfterThoseTheyReadAndOtherwiseByName) {
  EXPECT_THAT(Parse(DerivedFrom({{"c", "SELECT * FROM src.blocks"},
                                 {"B", "SELECT * FROM src.blocks"},
                                 {"a", "SELECT * FROM self.d JOIN self.c USING (x)"},
                                 {"d", "SELECT * FROM src.a"}}))
                  .tables,
              ElementsAre("B", "c", "d", "a"));
}

TEST(DerivedManifestTest, StringsAndCommentsDependOnNothing) {
  EXPECT_THAT(Parse(DerivedFrom({{"a", "SELECT 'self.b', \"self.b\" -- self.b\n /* self.b */"},
                                 {"b", "SELECT * FROM self.a"}}))
                  .tables,
              ElementsAre("a", "b"));
}

TEST(DerivedManifestTest, CasesThatDifferByCaseAreTwoTables) {
  EXPECT_THAT(Parse(DerivedFrom({{"T", "SELECT 1 FROM self.t"}, {"t", "SELECT 1"}})).tables,
              ElementsAre("t", "T"));
  EXPECT_THAT(Parse(DerivedFrom({{"a", "SELECT 1 FROM SELF.Zeta"}, {"zeta", "SELECT 1"}})).tables,
              ElementsAre("zeta", "a"));
}

TEST(DerivedManifestTest, TablesMustNotReadOneAnotherInACircle) {
  ExpectInvalid(DerivedFrom({{"a", "SELECT * FROM self.a"}}), "in a circle: a reads a");
  ExpectInvalid(DerivedFrom({{"a", "SELECT * FROM self.b"},
                             {"b", "SELECT * FROM self.c"},
                             {"c", "SELECT * FROM \"self\".\"b\""}}),
                "in a circle: b reads c reads b");
}

TEST(DerivedManifestTest, AWrongMemberIsNamed) {
  const std::string table = R"({"input":{"sql":"SELECT 1"},"schema":)" + kNoColumns + "}";
  const std::string function =
      R"({"inputTypes":[],"outputType":"Utf8","source":{"source":"x","filename":"f"}})";
  const auto dependency = [](const std::string& alias, const std::string& reference) {
    return R"({"kind":"manifest","dependencies":{")" + alias + R"(":)" + reference + "}}";
  };
  ExpectInvalid(R"({"kind":"manifest","dependencies":[]})", "dependencies must be an object");
  ExpectInvalid(R"({"kind":"manifest","tables":null})", "tables must be an object");
  for (const std::string alias : {"", "_a", "1a", "a-b", "a.b", "a$", "\xC3\xA9"}) {
    ExpectInvalid(dependency(alias, R"("a/b@1.0.0")"), "must be called by an alias");
  }
  ExpectInvalid(dependency("self", R"("a/b@1.0.0")"), "dependencies.self must be called otherwise");
  for (const std::string reference :
       {"", "b", "a/b", "b@1.0.0", "a/b@", "a/b@latest", "a/b@dev", "a/b@1.0", "A/b@1.0.0",
        "a/9b@1.0.0", "a/b/c@1.0.0", "a/b@1.0.0@2.0.0", "pkg:amp/a/b@1.0.0", " a/b@1.0.0"}) {
    ExpectInvalid(dependency("src", "\"" + reference + "\""),
                  "dependencies.src must be namespace/name@revision");
  }
  ExpectInvalid(dependency("src", "7"), "dependencies.src must be a string");
  ExpectInvalid(R"({"kind":"manifest","tables":{"1t":)" + table + "}}",
                "tables.1t must be called like a table");
  const auto with_table = [&](const char* patch) {
    json manifest = json::parse(R"({"kind":"manifest","tables":{"t":)" + table + "}}");
    manifest["tables"]["t"].merge_patch(json::parse(patch));
    return manifest.dump();
  };
  ExpectInvalid(with_table(R"({"input":null})"), "tables.t.input is missing");
  ExpectInvalid(with_table(R"({"input":{"sql":null}})"), "tables.t.input.sql is missing");
  ExpectInvalid(with_table(R"({"input":{"sql":7}})"), "tables.t.input.sql must be a string");
  ExpectInvalid(with_table(R"({"input":{"sql":" \n\t"}})"), "tables.t.input.sql must be not empty");
  ExpectInvalid(with_table(R"({"input":{"sql":"SELECT * FROM self.u"}})"), "no self.u");
  ExpectInvalid(with_table(R"({"schema":null})"), "tables.t.schema is missing");
  ExpectInvalid(with_table(R"({"schema":{"arrow":{"fields":[{"name":"a","type":"Utf8",)"
                           R"("nullable":true},{"name":"a","type":"Utf8","nullable":true}]}}})"),
                "two columns called 'a'");
  ExpectInvalid(with_table(R"({"schema":{"arrow":{"fields":[{"name":"","type":"Utf8",)"
                           R"("nullable":true}]}}})"),
                "columns all have names");
  ExpectInvalid(R"({"kind":"manifest","functions":{"a-b":)" + function + "}}",
                "functions.a-b must be called like a function");
  const auto with_function = [&](const char* patch) {
    json manifest = json::parse(R"({"kind":"manifest","functions":{"f":)" + function + "}}");
    manifest["functions"]["f"].merge_patch(json::parse(patch));
    return manifest.dump();
  };
  ExpectInvalid(with_function(R"({"inputTypes":null})"), "functions.f.inputTypes is missing");
  ExpectInvalid(with_function(R"({"inputTypes":["utf8"]})"),
                "functions.f.inputTypes[0] must be an Arrow type");
  ExpectInvalid(with_function(R"({"outputType":"text"})"),
                "functions.f.outputType must be an Arrow type");
  ExpectInvalid(with_function(R"({"source":"x"})"), "functions.f.source must be an object");
  ExpectInvalid(with_function(R"({"source":{"filename":null}})"),
                "functions.f.source.filename is missing");
}

TEST(StaticManifestTest, IsWrittenWithItsMembersInAmpsOrderAndTablesByName) {
  const std::string canonical =
      R"({"kind":"static","tables":{"Tokens":{"path":"a/tokens.csv","format":"csv",)"
      R"("has_header":true,"schema":)" +
      kTwoColumns + R"(,"sorted_by":["b","a"]},"pools":{"path":"pools.csv","format":"csv",)" +
      R"("has_header":false,"schema":)" + kNoColumns + "}}}";
  json untidy = json::parse(canonical);
  untidy["network"] = "n";
  untidy["tables"]["pools"]["sorted_by"] = nullptr;
  untidy["tables"]["Tokens"]["delimiter"] = ";";
  const Manifest manifest = Parse(untidy.dump(1));
  EXPECT_EQ(manifest.canonical_json, canonical);
  EXPECT_EQ(manifest.origin, Origin::kFiles);
  EXPECT_THAT(manifest.tables, ElementsAre("Tokens", "pools"));
  EXPECT_FALSE(manifest.network);
  EXPECT_FALSE(manifest.start_block);
}

TEST(StaticManifestTest, AWrongMemberIsNamed) {
  const auto with = [](const char* patch) {
    json manifest = json::parse(R"({"kind":"static","tables":{"t":{"path":"t.csv","format":"csv",)"
                                R"("has_header":true,"schema":)" +
                                kTwoColumns + "}}}");
    manifest["tables"]["t"].merge_patch(json::parse(patch));
    return manifest.dump();
  };
  ASSERT_TRUE(ParseManifest(with("{}")));
  ExpectInvalid(with(R"({"path":null})"), "tables.t.path is missing");
  ExpectInvalid(with(R"({"path":""})"), "tables.t.path must be not empty");
  ExpectInvalid(with(R"({"path":"a\nb"})"), "tables.t.path must be text without control");
  ExpectInvalid(with(R"({"format":null})"), "tables.t.format is missing");
  ExpectInvalid(with(R"({"format":"CSV"})"), "tables.t.format must be csv");
  ExpectInvalid(with(R"({"has_header":null})"), "tables.t.has_header is missing");
  ExpectInvalid(with(R"({"has_header":1})"), "tables.t.has_header must be true or false");
  ExpectInvalid(with(R"({"sorted_by":"a"})"), "tables.t.sorted_by must be an array");
  ExpectInvalid(with(R"({"sorted_by":["a","c"]})"), "tables.t.sorted_by[1] must be a column");
}

}  // namespace
}  // namespace tidemark::dataset_store
