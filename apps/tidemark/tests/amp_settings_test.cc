// A configuration file of Amp's, taken as it is.
#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "settings.h"

namespace tidemark::app {
namespace {

using testing::HasSubstr;

class AmpSettingsTest : public testing::Test {
 protected:
  AmpSettingsTest() {
    std::string pattern = testing::TempDir() + "amp_settings_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~AmpSettingsTest() override { std::filesystem::remove_all(folder_); }

  Result<Settings> Load(const std::string& text, Role role = Role::kServer,
                        const SettingFlags& flags = {}) {
    std::ofstream(folder_ / "config.toml") << text;
    SettingFlags all = flags;
    all.config_file = folder_ / "config.toml";
    return LoadSettings(role, all, [&](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    });
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(AmpSettingsTest, EveryKeyThatMattersIsTaken) {
  const auto settings = Load(R"toml(
data_dir = "s3://bucket/lake"
providers_dir = "p"
manifests_dir = "/srv/m"
admin_api_addr = "0.0.0.0:1611"
flight_addr = "0.0.0.0:1602"
jsonl_addr = "0.0.0.0:1603"
max_mem_mb = 2000
query_max_mem_mb = 0
spill_location = ["/tmp/spill"]
poll_interval_secs = 0.5
microbatch_max_interval = 100000
server_microbatch_max_interval = 1000
keep_alive_interval = 30
[metadata_db]
url = "postgresql://amp:pw@db/amp"
pool_size = 7
min_connections = 2
max_lifetime_secs = 60
idle_timeout_secs = 30
auto_migrate = false
[opentelemetry]
metrics_url = "http://localhost:4318/v1/metrics"
trace_ratio = 0.5
[writer]
compression = "zstd(1)"
bloom_filters = false
overflow = "1.5"
[writer.compactor]
active = true
min_interval = 1.0
[writer.collector]
active = true
[worker_events]
enabled = true
[worker_events.kafka]
brokers = ["k:9092"]
)toml");
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->stores.data, "s3://bucket/lake");
  EXPECT_EQ(settings->stores.providers, folder_ / "p");
  EXPECT_EQ(settings->stores.manifests, "/srv/m");
  EXPECT_EQ(settings->host, "0.0.0.0");
  EXPECT_EQ(settings->port, 1611);
  EXPECT_EQ(settings->stores.db, "postgresql://amp:pw@db/amp");
  EXPECT_EQ(settings->stores.pool_size, 7U);
  EXPECT_EQ(settings->stores.pool_size_min, 2U);
  EXPECT_EQ(settings->stores.connection_lifetime_max, std::chrono::seconds(60));
  EXPECT_EQ(settings->stores.idle_timeout, std::chrono::seconds(30));
  EXPECT_FALSE(settings->stores.auto_migrate);
}

TEST_F(AmpSettingsTest, WhatTheFileLeavesOutIsWhereAmpHasIt) {
  const auto settings = Load("[metadata_db]\nurl = 'postgres://h/d'\n");
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->stores.data, folder_ / "data");
  EXPECT_EQ(settings->stores.manifests, folder_ / "manifests");
  EXPECT_EQ(settings->stores.providers, folder_ / "providers");
  EXPECT_EQ(settings->host, "127.0.0.1");
  EXPECT_TRUE(settings->stores.auto_migrate);
}

TEST_F(AmpSettingsTest, TheEnvironmentWinsOverTheFile) {
  variables_ = {{"AMP_CONFIG_METADATA_DB__URL", "postgres://env/d"},
                {"AMP_CONFIG_METADATA_DB__POOL_SIZE", "3"},
                {"AMP_CONFIG_DATA_DIR", "elsewhere"},
                {"AMP_CONFIG_ADMIN_API_ADDR", "127.0.0.1:9"}};
  const std::string file =
      "data_dir = 'd'\nadmin_api_addr = '127.0.0.1:8'\n[metadata_db]\nurl = 'postgres://file/d'\n";
  const auto settings = Load(file);
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->stores.db, "postgres://env/d");
  EXPECT_EQ(settings->stores.pool_size, 3U);
  EXPECT_EQ(settings->stores.data, folder_ / "elsewhere");
  EXPECT_EQ(settings->port, 9);

  variables_["TIDEMARK_LISTEN"] = "127.0.0.1:10";
  EXPECT_EQ(Load(file)->port, 10);
  EXPECT_EQ(Load(file, Role::kServer, {.values = {{"listen", "127.0.0.1:11"}}})->port, 11);
}

TEST_F(AmpSettingsTest, ADeprecatedKeyCountsWhereItsNewerNameIsMissing) {
  const auto old = Load("dataset_defs_dir = 'defs'\nmetadata_db_url = 'postgres://old/d'\n");
  ASSERT_TRUE(old.has_value()) << old.error().message;
  EXPECT_EQ(old->stores.manifests, folder_ / "defs");
  EXPECT_EQ(old->stores.db, "postgres://old/d");

  const auto both = Load(
      "metadata_db_url = 'postgres://old/d'\nmanifests_dir = 'new'\ndataset_defs_dir = 'defs'\n"
      "[metadata_db]\nurl = 'postgres://new/d'\n");
  ASSERT_TRUE(both.has_value()) << both.error().message;
  EXPECT_EQ(both->stores.manifests, folder_ / "new");
  EXPECT_EQ(both->stores.db, "postgres://new/d");
}

TEST_F(AmpSettingsTest, AnUnknownKeyIsNamedInTheLogAndOtherwiseIgnored) {
  testing::internal::CaptureStderr();
  const auto settings = Load(
      "data_dri = 'd'\n[writer]\nrows = 1\n[metadata_db]\nurl = 'postgres://h/d'\nspeed = 1\n");
  const std::string log = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_THAT(log, HasSubstr("key=data_dri"));
  EXPECT_THAT(log, HasSubstr("key=metadata_db.speed"));
  EXPECT_THAT(log, testing::Not(HasSubstr("rows")));
}

TEST_F(AmpSettingsTest, SettingsOfOurOwnMayStandBesideThem) {
  const auto settings = Load(
      "log_level = 'debug'\n[metadata_db]\nurl = 'postgres://h/d'\n[heads]\n"
      "poll_interval_ms = 9\n");
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->log_level, LogLevel::kDebug);
  EXPECT_EQ(settings->heads.poll_interval, std::chrono::milliseconds(9));
}

TEST_F(AmpSettingsTest, SoloRefusesIt) {
  const auto settings = Load("[metadata_db]\nurl = 'postgres://h/d'\n", Role::kSolo);
  ASSERT_FALSE(settings.has_value());
  EXPECT_THAT(settings.error().message, HasSubstr("tidemark server"));
}

TEST_F(AmpSettingsTest, EveryMistakeIsNamedWithItsPlace) {
  struct Case {
    std::string config, named;
  };
  for (const Case& c : std::vector<Case>{
           {"data_dir = 'd'\n", "no database"},
           {"[metadata_db]\nurl = 'mysql://u:secret@h/d'\n", "config.toml: metadata_db.url: must"},
           {"[metadata_db]\nurl = 'postgres://h/d'\npool_size = 0\n",
            "config.toml: metadata_db.pool_size = '0'"},
           {"admin_api_addr = 'nowhere'\n", "config.toml: admin_api_addr = 'nowhere'"},
           {"data_dir = ''\n", "must not be empty"},
           {"data_dir = ['d']\n", "data_dir must be a text"},
       }) {
    const auto settings = Load(c.config);
    ASSERT_FALSE(settings.has_value()) << c.config;
    EXPECT_THAT(settings.error().message, HasSubstr(c.named));
    EXPECT_THAT(settings.error().message, testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace tidemark::app
