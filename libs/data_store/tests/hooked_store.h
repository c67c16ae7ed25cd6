// A metadata store that a test can get between: it fails chosen calls and edits what is read.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {

struct Hooks {
  /// Called before each call of the store and its readers; an error is the call's result.
  std::function<Status()> before_call = [] { return Status(); };
  /// Told the deadline of each reader that is opened.
  std::function<void(Deadline)> see_deadline = [](Deadline) {};
  /// Called before files are restored; an error is the call's result.
  std::function<Status(const std::vector<metadata_db::NewFile>&)> before_restore = [](const auto&) {
    return Status();
  };
  std::function<bool()> is_surely_unchanged = [] { return false; };
  bool is_read_only = false;          // Or if the target is.
  std::atomic<bool> has_feed = true;  // If the target has.
  std::function<void(std::vector<metadata_db::TableRow>&)> edit_tables = [](auto&) {};
  std::function<void(std::vector<metadata_db::FileRow>&)> edit_files = [](auto&) {};
  /// How many files are handed over before their visit fails; absent: it does not.
  std::optional<std::size_t> files_before_failure = std::nullopt;
  /// Told of how many files footers are asked for, up to which size; an error is the call's result.
  std::function<Status(std::size_t files, std::uint64_t limit_bytes)> before_footers =
      [](std::size_t, std::uint64_t) { return Status(); };
  std::function<void(std::vector<metadata_db::FooterRow>&)> edit_footers = [](auto&) {};
  /// Of databases that keep one.
  std::function<void(metadata_db::FeedReading&)> edit_feed = [](auto&) {};
  std::function<void(std::vector<metadata_db::JobEventRow>&)> edit_events = [](auto&) {};
};

/// Passes on to `target` what the hooks let pass. Both must outlive the result and its readers.
std::unique_ptr<metadata_db::MetadataStore> MakeHookedStore(metadata_db::MetadataStore& target,
                                                            const Hooks& hooks);

}  // namespace tidemark::data_store
