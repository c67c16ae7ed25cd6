#include "settings.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "database_url.h"
#include "tidemark/model/names.h"

namespace tidemark::app {
namespace {

using testing::HasSubstr;
using testing::Not;

class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    std::string pattern = testing::TempDir() + "settings_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }

  std::string WriteConfig(const std::string& text) {
    std::ofstream(folder_ / "tidemark.toml") << text;
    return folder_ / "tidemark.toml";
  }

  Result<Settings> Load(Role role, const SettingFlags& flags = {}) {
    return LoadSettings(role, flags, [&](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    });
  }

  Result<Settings> LoadFile(Role role, const std::string& text) {
    return Load(role, {.config_file = WriteConfig(text)});
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(SettingsTest, SoloNeedsNothing) {
  const auto settings = Load(Role::kSolo);
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->host, "127.0.0.1");
  EXPECT_EQ(settings->port, 1610);
  EXPECT_EQ(settings->worker.node_id, "solo");
  EXPECT_EQ(settings->stores.db, "sqlite:.tidemark/tidemark.db");
  EXPECT_EQ(settings->stores.data, ".tidemark/data");
}

TEST_F(SettingsTest, AServerNeedsADatabaseAndAPlaceForTheData) {
  const auto nothing = Load(Role::kServer);
  ASSERT_FALSE(nothing.has_value());
  EXPECT_THAT(nothing.error().message, HasSubstr("--db"));
  const auto no_data = Load(Role::kServer, {.values = {{"db", "postgres://h/d"}}});
  ASSERT_FALSE(no_data.has_value());
  EXPECT_THAT(no_data.error().message, HasSubstr("--data"));
}

TEST_F(SettingsTest, ManifestsAndProvidersLieBesideTheData) {
  struct Case {
    std::string data, manifests;
  };
  for (const Case& c : std::vector<Case>{{"/srv/lake/data", "/srv/lake/manifests"},
                                         {"lake/data/", "lake/manifests"},
                                         {"data", "manifests"},
                                         {"file:///srv/data", "file:///srv/manifests"},
                                         {"s3://bucket/lake/data", "s3://bucket/lake/manifests"},
                                         {"s3://bucket/data", "s3://bucket/manifests"}}) {
    const auto settings =
        Load(Role::kWorker, {.values = {{"db", "postgres://h/d"}, {"data", c.data}}});
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->stores.manifests, c.manifests);
  }
  const auto bucket =
      Load(Role::kWorker, {.values = {{"db", "postgres://h/d"}, {"data", "s3://bucket"}}});
  ASSERT_FALSE(bucket.has_value());
  EXPECT_THAT(bucket.error().message, HasSubstr("say --manifests"));
}

TEST_F(SettingsTest, EveryWorkerIsNamedAnew) {
  const SettingFlags flags{.values = {{"db", "sqlite:x"}, {"data", "d"}}};
  const auto first = Load(Role::kWorker, flags);
  const auto second = Load(Role::kWorker, flags);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_TRUE(IsNodeId(first->worker.node_id)) << first->worker.node_id;
  EXPECT_NE(first->worker.node_id, second->worker.node_id);
}

TEST_F(SettingsTest, FlagsWinOverEnvironmentAndEnvironmentOverFile) {
  const SettingFlags flags{.config_file = WriteConfig("listen = '[::1]:1'\nlog_level = 'debug'\n"
                                                      "[worker]\nfetch_blocks = 7\n"),
                           .values = {{"listen", "0.0.0.0:3"}}};
  variables_ = {{"TIDEMARK_LISTEN", "127.0.0.1:2"}, {"TIDEMARK_WORKER_FETCH_BLOCKS", "8"}};
  const auto settings = Load(Role::kSolo, flags);
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->host, "0.0.0.0");
  EXPECT_EQ(settings->port, 3);
  EXPECT_EQ(settings->log_level, LogLevel::kDebug);
  EXPECT_EQ(settings->worker.fetch_blocks, 8U);
}

TEST_F(SettingsTest, OneFileServesAllCommandsOfADeployment) {
  const std::string file =
      "db = 'sqlite:meta.db'\ndata = 'data'\nmanifests = 's3://b/m'\nlisten = '127.0.0.1:7'\n"
      "auto_migrate = false\naccess_log = true\nmax_connections = 20000\nio_threads = "
      "2\n[worker]\nnode_id = 'w'\n[heads]\npoll_interval_ms "
      "= 250\n";
  for (const Role role : {Role::kServer, Role::kWorker}) {
    const auto settings = LoadFile(role, file);
    ASSERT_TRUE(settings.has_value()) << settings.error().message;
    EXPECT_EQ(settings->stores.db, "sqlite:" + (folder_ / "meta.db").string());
    EXPECT_EQ(settings->stores.data, folder_ / "data");
    EXPECT_EQ(settings->stores.manifests, "s3://b/m");
    EXPECT_EQ(settings->stores.providers, folder_ / "providers");
    EXPECT_FALSE(settings->stores.auto_migrate);
    EXPECT_TRUE(settings->log_requests);
    EXPECT_EQ(settings->max_connections, 20'000U);
    EXPECT_EQ(settings->io_threads, 2U);
    EXPECT_EQ(settings->port, 7);
    EXPECT_EQ(settings->worker.node_id, "w");
    EXPECT_EQ(settings->heads.poll_interval, std::chrono::milliseconds(250));
  }
}

TEST_F(SettingsTest, ARelativeFolderInAFileIsRelativeToTheFileAndOneOnTheCommandLineIsNot) {
  const auto settings = LoadFile(Role::kSolo, "dir = 'state'");
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->dir, folder_ / "state");
  const auto overridden =
      Load(Role::kSolo, {.config_file = WriteConfig("dir = 'state'"), .values = {{"dir", "here"}}});
  ASSERT_TRUE(overridden.has_value());
  EXPECT_EQ(overridden->dir, "here");
}

TEST_F(SettingsTest, TheFileMayBeNamedByTheEnvironment) {
  variables_ = {{"TIDEMARK_CONFIG", WriteConfig("listen = '[::1]:5'")}};
  const auto settings = Load(Role::kSolo);
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->host, "::1");
}

TEST_F(SettingsTest, EveryMistakeIsNamedWithItsPlace) {
  struct Case {
    std::string config, named;
  };
  for (const Case& c : std::vector<Case>{
           {"listn = 'x'", "tidemark.toml:1: there is no setting 'listn'; see tidemark server"},
           {"\n[worker]\nspeed = 1", "tidemark.toml:3: there is no setting 'worker.speed'"},
           {"listen = 'nowhere'", "HOST:PORT"},
           {"listen = ':1610'", "HOST:PORT"},
           {"listen = '127.0.0.1:65536'", "HOST:PORT"},
           {"listen = 1610", "HOST:PORT"},
           {"dir = ''", "must not be empty"},
           {"dir = 1.5", "a text, a whole number, true or false"},
           {"data = ''", "must not be empty"},
           {"db = 'mysql://h/d'", "must be postgres://"},
           {"db = 'sqlite:'", "must be postgres://"},
           {"auto_migrate = 1", "must be true or false"},
           {"access_log = 'on'", "must be true or false"},
           {"io_threads = 0", "must be a whole number from 1 to 256"},
           {"max_connections = 1000001", "must be a whole number from 1 to 1000000"},
           {"db_pool_size = 0", "whole number"},
           {"log_level = 'loud'", "debug, info"},
           {"[worker]\nfetch_blocks = 0", "whole number"},
           {"[worker]\nfetch_blocks = -1", "whole number"},
           {"[worker]\nsegment_max_age_secs = 9223372036854775807", "whole number"},
           {"[worker]\nnode_id = '1a'", "start with a letter"},
           {"listen = ", "tidemark.toml:1"},
           {"[[worker]]\n", "worker"},
       }) {
    const auto settings = LoadFile(Role::kServer, c.config);
    ASSERT_FALSE(settings.has_value()) << c.config;
    EXPECT_EQ(settings.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(settings.error().message, HasSubstr(c.named));
  }
}

TEST_F(SettingsTest, AFileThatIsNotThereIsAMistake) {
  const auto settings = Load(Role::kSolo, {.config_file = folder_ / "none.toml"});
  ASSERT_FALSE(settings.has_value());
  EXPECT_THAT(settings.error().message, HasSubstr("none.toml"));
}

TEST_F(SettingsTest, TheHelpNamesTheVariablesThatConcernTheCommand) {
  EXPECT_THAT(DescribeSettings(Role::kSolo), HasSubstr("TIDEMARK_WORKER_SEGMENT_MAX_AGE_SECS"));
  EXPECT_THAT(DescribeSettings(Role::kSolo), Not(HasSubstr("TIDEMARK_DB")));
  EXPECT_THAT(DescribeSettings(Role::kServer), HasSubstr("TIDEMARK_DB "));
  EXPECT_THAT(DescribeSettings(Role::kServer), Not(HasSubstr("NODE_ID")));
}

TEST_F(SettingsTest, ADatabaseUrlThatIsWrongIsNotPrinted) {
  for (const SettingFlags& flags :
       {SettingFlags{.values = {{"db", "postgre://u:secret@h/d"}}},
        SettingFlags{.config_file = WriteConfig("db = 'postgre://u:secret@h/d'")}}) {
    const auto settings = Load(Role::kServer, flags);
    ASSERT_FALSE(settings.has_value());
    EXPECT_THAT(settings.error().message, Not(HasSubstr("secret")));
  }
}

TEST(DatabaseUrlTest, ShowsNeitherUserNorPasswordNorParameters) {
  struct Case {
    std::string url, shown;
  };
  for (const Case& c : std::vector<Case>{
           {"postgres://u:p@h:5432/lake", "postgres://h:5432/lake"},
           {"postgresql://u:p@s/w@h/lake?password=x#y", "postgres://h/lake"},
           {"postgres:///lake?host=/tmp&password=x", "postgres:///lake"},
           {"host=h dbname=d password=x", "PostgreSQL"},
           {"sqlite:a/b.db", "sqlite:a/b.db"},
           {"sqlite:///a/b.db", "sqlite:/a/b.db"},
       }) {
    const auto url = ParseDatabaseUrl(c.url);
    ASSERT_TRUE(url.has_value()) << c.url;
    EXPECT_EQ(url->shown, c.shown);
  }
}

}  // namespace
}  // namespace tidemark::app
