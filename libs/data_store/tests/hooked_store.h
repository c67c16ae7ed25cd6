// A metadata store that a test can get between: it fails chosen calls and edits what is read.
#pragma once

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
  std::function<void(std::vector<metadata_db::TableRow>&)> edit_tables = [](auto&) {};
  std::function<void(std::vector<metadata_db::FileRow>&)> edit_files = [](auto&) {};
  std::function<void(std::vector<metadata_db::JobEventRow>&)> edit_events = [](auto&) {};
};

/// Passes on to `target` what the hooks let pass. Both must outlive the result and its readers.
std::unique_ptr<metadata_db::MetadataStore> MakeHookedStore(metadata_db::MetadataStore& target,
                                                            const Hooks& hooks);

}  // namespace tidemark::data_store
