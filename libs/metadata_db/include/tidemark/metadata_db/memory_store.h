// A metadata store in memory: the plainest meaning of the interface, for tests.
#pragma once

#include <memory>

#include "tidemark/base/clock.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::metadata_db {

/// Empty at first. `clock` gives every stored time and must outlive the store.
std::unique_ptr<MetadataStore> MakeMemoryStore(const Clock& clock);

}  // namespace tidemark::metadata_db
