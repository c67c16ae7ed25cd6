// A folder of the test's own, gone with it.
#pragma once

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "tidemark/base/clock.h"
#include "tidemark/base/random.h"

namespace tidemark::dataset_store {

class TempFolder {
 public:
  TempFolder()
      : path_(std::filesystem::path(testing::TempDir()) / MakeUuidV7(SystemClock().Now())) {
    std::filesystem::create_directories(path_);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;  // What is left behind is in the temporary folder.
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace tidemark::dataset_store
