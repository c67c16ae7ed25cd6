#include "manifest_cache.h"

namespace tidemark::dataset_store {

std::optional<Manifest> ManifestCache::Get(const ManifestHash& hash) {
  const MutexLock lock(mutex_);
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return std::nullopt;
  newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
  return *found->second;
}

void ManifestCache::Put(const Manifest& manifest) {
  const std::size_t size = manifest.canonical_json.size();
  const MutexLock lock(mutex_);
  // Two threads may have read the same manifest.
  if (size > max_bytes_ || by_hash_.contains(manifest.hash)) return;
  while (bytes_ + size > max_bytes_) {
    const Manifest& oldest = newest_first_.back();
    bytes_ -= oldest.canonical_json.size();
    by_hash_.erase(oldest.hash);
    newest_first_.pop_back();
  }
  newest_first_.push_front(manifest);
  by_hash_.emplace(manifest.hash, newest_first_.begin());
  bytes_ += size;
}

}  // namespace tidemark::dataset_store
