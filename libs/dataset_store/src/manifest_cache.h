// Manifests that were read before.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "tidemark/base/mutex.h"
#include "tidemark/dataset_store/manifest.h"

namespace tidemark::dataset_store {

/// Keeps the manifests used last, up to a number of bytes of their text. What a hash stands for
/// never changes, so nothing in here is ever stale. Thread-safe.
class ManifestCache {
 public:
  explicit ManifestCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  std::optional<Manifest> Get(const ManifestHash& hash) TIDEMARK_EXCLUDES(mutex_);
  /// A manifest larger than the whole cache is not kept.
  void Put(const Manifest& manifest) TIDEMARK_EXCLUDES(mutex_);

 private:
  using Entries = std::list<Manifest>;

  const std::size_t max_bytes_;
  Mutex mutex_;
  Entries newest_first_ TIDEMARK_GUARDED_BY(mutex_);
  std::map<ManifestHash, Entries::iterator> by_hash_ TIDEMARK_GUARDED_BY(mutex_);
  std::size_t bytes_ TIDEMARK_GUARDED_BY(mutex_) = 0;
};

}  // namespace tidemark::dataset_store
