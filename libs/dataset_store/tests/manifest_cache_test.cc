#include "manifest_cache.h"

#include <gtest/gtest.h>

namespace tidemark::dataset_store {
namespace {

Manifest OfSize(std::string_view name, std::size_t bytes) {
  Manifest manifest;
  manifest.hash.hex = name;
  manifest.canonical_json = std::string(bytes, 'x');
  return manifest;
}

bool Has(ManifestCache& cache, std::string_view name) {
  return cache.Get({std::string(name)}).has_value();
}

TEST(ManifestCacheTest, DropsWhatWasUsedLongestAgo) {
  ManifestCache cache(100);
  cache.Put(OfSize("a", 40));
  cache.Put(OfSize("b", 40));
  EXPECT_TRUE(Has(cache, "a"));
  cache.Put(OfSize("c", 40));
  EXPECT_TRUE(Has(cache, "a"));
  EXPECT_FALSE(Has(cache, "b"));
  EXPECT_TRUE(Has(cache, "c"));
}

TEST(ManifestCacheTest, ALargeManifestDropsAsManyAsItNeeds) {
  ManifestCache cache(100);
  for (const char* name : {"a", "b", "c", "d"}) cache.Put(OfSize(name, 25));
  cache.Put(OfSize("e", 60));
  EXPECT_FALSE(Has(cache, "a"));
  EXPECT_FALSE(Has(cache, "b"));
  EXPECT_FALSE(Has(cache, "c"));
  EXPECT_TRUE(Has(cache, "d"));
  EXPECT_TRUE(Has(cache, "e"));
}

TEST(ManifestCacheTest, WhatDoesNotFitChangesNothing) {
  ManifestCache cache(100);
  cache.Put(OfSize("a", 100));
  cache.Put(OfSize("b", 101));
  EXPECT_TRUE(Has(cache, "a"));
  EXPECT_FALSE(Has(cache, "b"));
}

TEST(ManifestCacheTest, TheSameManifestTwiceCountsOnce) {
  ManifestCache cache(100);
  for (int i = 0; i < 10; ++i) cache.Put(OfSize("a", 40));
  cache.Put(OfSize("b", 60));
  EXPECT_TRUE(Has(cache, "a"));
  EXPECT_TRUE(Has(cache, "b"));
}

}  // namespace
}  // namespace tidemark::dataset_store
