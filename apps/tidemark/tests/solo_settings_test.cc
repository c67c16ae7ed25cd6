#include "solo_settings.h"

#include <cstdlib>
#include <fstream>
#include <map>

#include <gtest/gtest.h>

namespace tidemark::app {
namespace {

class SoloSettingsTest : public testing::Test {
 protected:
  SoloSettingsTest() {
    std::string pattern = testing::TempDir() + "solo_settings_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~SoloSettingsTest() override { std::filesystem::remove_all(folder_); }

  std::string WriteConfig(const std::string& text) {
    std::ofstream(folder_ / "tidemark.toml") << text;
    return folder_ / "tidemark.toml";
  }

  Result<SoloSettings> Load(const SoloFlags& flags) {
    return LoadSoloSettings(flags, [&](const std::string& name) {
      const auto found = variables_.find(name);
      return found == variables_.end() ? std::nullopt : std::optional(found->second);
    });
  }

  std::filesystem::path folder_;
  std::map<std::string, std::string> variables_;
};

TEST_F(SoloSettingsTest, DefaultsNeedNothing) {
  const auto settings = Load({});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->dir, ".tidemark");
  EXPECT_EQ(settings->host, "127.0.0.1");
  EXPECT_EQ(settings->port, 1610);
}

TEST_F(SoloSettingsTest, FlagsWinOverEnvironmentAndEnvironmentOverFile) {
  const SoloFlags flags{.config_file = WriteConfig("listen = '[::1]:1'\nlog_level = 'debug'\n"
                                                   "[worker]\nfetch_blocks = 7\n"),
                        .dir = {},
                        .listen = "0.0.0.0:3",
                        .log_level = {}};
  variables_ = {{"TIDEMARK_LISTEN", "127.0.0.1:2"}, {"TIDEMARK_WORKER_FETCH_BLOCKS", "8"}};
  const auto settings = Load(flags);
  ASSERT_TRUE(settings.has_value()) << settings.error().message;
  EXPECT_EQ(settings->host, "0.0.0.0");
  EXPECT_EQ(settings->port, 3);
  EXPECT_EQ(settings->log_level, LogLevel::kDebug);
  EXPECT_EQ(settings->worker.fetch_blocks, 8U);
}

TEST_F(SoloSettingsTest, ARelativeFolderInAFileIsRelativeToTheFile) {
  const auto settings =
      Load({.config_file = WriteConfig("dir = 'state'"), .dir = {}, .listen = {}, .log_level = {}});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->dir, folder_ / "state");
}

TEST_F(SoloSettingsTest, TheFileMayBeNamedByTheEnvironment) {
  variables_ = {{"TIDEMARK_CONFIG", WriteConfig("listen = '[::1]:5'")}};
  const auto settings = Load({});
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->host, "::1");
}

TEST_F(SoloSettingsTest, EveryMistakeIsNamedWithItsPlace) {
  struct Case {
    std::string config, named;
  };
  for (const Case& c : std::vector<Case>{
           {"listn = 'x'", "tidemark.toml:1: there is no setting 'listn'"},
           {"\n[worker]\nspeed = 1", "tidemark.toml:3: there is no setting 'worker.speed'"},
           {"listen = 'nowhere'", "HOST:PORT"},
           {"listen = ':1610'", "HOST:PORT"},
           {"listen = '127.0.0.1:65536'", "HOST:PORT"},
           {"listen = 1610", "HOST:PORT"},
           {"dir = ''", "must not be empty"},
           {"dir = true", "a text or a whole number"},
           {"log_level = 'loud'", "debug, info"},
           {"[worker]\nfetch_blocks = 0", "whole number"},
           {"[worker]\nfetch_blocks = -1", "whole number"},
           {"[worker]\nsegment_max_age_secs = 9223372036854775807", "whole number"},
           {"[worker]\nnode_id = '1a'", "start with a letter"},
           {"listen = ", "tidemark.toml:1"},
           {"[[worker]]\n", "worker"},
       }) {
    const auto settings =
        Load({.config_file = WriteConfig(c.config), .dir = {}, .listen = {}, .log_level = {}});
    ASSERT_FALSE(settings.has_value()) << c.config;
    EXPECT_EQ(settings.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(settings.error().message.find(c.named), std::string::npos)
        << settings.error().message;
  }
}

TEST_F(SoloSettingsTest, AFileThatIsNotThereIsAMistake) {
  const auto settings =
      Load({.config_file = folder_ / "none.toml", .dir = {}, .listen = {}, .log_level = {}});
  ASSERT_FALSE(settings.has_value());
  EXPECT_NE(settings.error().message.find("none.toml"), std::string::npos);
}

TEST_F(SoloSettingsTest, TheHelpNamesEveryVariable) {
  EXPECT_NE(DescribeSoloSettings().find("TIDEMARK_WORKER_SEGMENT_MAX_AGE_SECS"), std::string::npos);
}

}  // namespace
}  // namespace tidemark::app
