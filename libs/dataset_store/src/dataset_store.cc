#include "tidemark/dataset_store/dataset_store.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "manifest_cache.h"
#include "tidemark/base/log.h"
#include "tidemark/metadata_db/metadata_store.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::dataset_store {
namespace {

using metadata_db::MetadataReader;
using metadata_db::TagRow;

constexpr std::string_view kLatestTag = "latest";
constexpr std::string_view kDevTag = "dev";

// Some 2,000 manifests of the usual size.
constexpr std::size_t kMaxCachedBytes = 16U << 20U;

std::unexpected<Error> NoVersion(const DatasetName& dataset, std::string_view revision) {
  return MakeError(ErrorCode::kNotFound,
                   fmt::format("dataset {} has no version {}", ToString(dataset), revision));
}

std::unexpected<Error> NoManifest(const ManifestHash& hash) {
  return MakeError(ErrorCode::kNotFound, fmt::format("there is no manifest {}", hash.hex));
}

Result<ManifestHash> ResolveTag(MetadataReader& reader, const DatasetName& dataset,
                                std::string_view tag) {
  TIDEMARK_TRY(const auto row, reader.GetTag(dataset, tag));
  if (row) return row->hash;
  if (tag == kLatestTag) {
    // Whoever names no version asks for this one, before the first is tagged, too.
    TIDEMARK_TRY(const auto dev, reader.GetTag(dataset, kDevTag));
    if (dev) return NoVersion(dataset, "latest yet, only dev");
  }
  return NoVersion(dataset, tag);
}

/// Finds the manifest that one kind of revision stands for.
struct RevisionResolver {
  MetadataReader& reader;
  const DatasetName& dataset;

  Result<ManifestHash> operator()(LatestRevision) const {
    return ResolveTag(reader, dataset, kLatestTag);
  }
  Result<ManifestHash> operator()(DevRevision) const {
    return ResolveTag(reader, dataset, kDevTag);
  }
  Result<ManifestHash> operator()(const SemanticVersion& version) const {
    return ResolveTag(reader, dataset, version.text());
  }
  Result<ManifestHash> operator()(const ManifestHash& hash) const {
    TIDEMARK_TRY(const bool is_linked, reader.IsManifestLinked({dataset, hash}));
    if (!is_linked) return NoVersion(dataset, hash.hex);
    return hash;
  }
};

/// What the tags of one dataset say. All `tags` are of this dataset.
DatasetVersions Summarize(const DatasetName& dataset, const std::vector<TagRow>& tags) {
  DatasetVersions result;
  result.dataset = dataset;
  std::optional<ManifestHash> latest;
  for (const TagRow& tag : tags) {
    if (tag.version == kLatestTag) {
      latest = tag.hash;
    } else if (tag.version == kDevTag) {
      result.dev = tag.hash;
    } else if (auto version = SemanticVersion::Parse(tag.version)) {
      result.versions.push_back({.version = *std::move(version),
                                 .manifest_hash = tag.hash,
                                 .created_at = tag.created_at,
                                 .updated_at = tag.updated_at});
    } else {
      Log(LogLevel::kWarning, "dataset_tag_is_no_version",
          {{"dataset", ToString(dataset)}, {"tag", tag.version}});
    }
  }
  std::ranges::sort(result.versions, [](const VersionTag& a, const VersionTag& b) {
    const auto order = a.version.Compare(b.version);
    // Build metadata has no precedence, but an answer must not depend on the order of rows.
    return order == 0 ? a.version.text() > b.version.text() : order > 0;
  });
  // The tag "latest" holds a manifest, not a version; of several versions with that manifest the
  // greatest is meant.
  const auto found = std::ranges::find_if(
      result.versions, [&](const VersionTag& tag) { return tag.manifest_hash == latest; });
  if (found != result.versions.end()) result.latest = found->version.text();
  return result;
}

class StoredDatasets final : public DatasetStore {
 public:
  StoredDatasets(metadata_db::MetadataStore& metadata, object_store::ObjectStore& manifests)
      : metadata_(metadata), manifests_(manifests), cache_(kMaxCachedBytes) {}

  Result<Dataset> Register(const DatasetName& dataset, const Manifest& manifest,
                           const std::optional<SemanticVersion>& tag, Deadline deadline) override {
    TIDEMARK_TRY(CheckDependencies(manifest, deadline));
    TIDEMARK_TRY(RegisterManifest(manifest, deadline));
    return Link(dataset, manifest, tag, deadline);
  }

  Result<Dataset> RegisterByHash(const DatasetName& dataset, const ManifestHash& hash,
                                 const std::optional<SemanticVersion>& tag,
                                 Deadline deadline) override {
    TIDEMARK_TRY(const Manifest manifest, LoadManifest(hash, deadline));
    TIDEMARK_TRY(CheckDependencies(manifest, deadline));
    return Link(dataset, manifest, tag, deadline);
  }

  Result<Dataset> Resolve(const DatasetName& dataset, const Revision& revision,
                          Deadline deadline) override {
    TIDEMARK_TRY(DatasetVersion version, ResolveVersion(dataset, revision, deadline));
    auto manifest = LoadManifest(version.manifest_hash, deadline);
    if (!manifest && manifest.error().code == ErrorCode::kNotFound) {
      // The version exists, so its manifest must.
      return MakeError(ErrorCode::kCorruption, manifest.error().message);
    }
    TIDEMARK_TRY(Manifest found, std::move(manifest));
    return Dataset{.version = std::move(version), .manifest = std::move(found)};
  }

  Result<DatasetVersion> ResolveVersion(const DatasetName& dataset, const Revision& revision,
                                        Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, metadata_.OpenReaderAtFirstRead(deadline));
    TIDEMARK_TRY(auto hash, std::visit(RevisionResolver{*reader, dataset}, revision));
    return DatasetVersion{.dataset = dataset, .manifest_hash = std::move(hash)};
  }

  Result<Manifest> LoadManifest(const ManifestHash& hash, Deadline deadline) override {
    if (auto cached = cache_.Get(hash)) return *std::move(cached);
    TIDEMARK_TRY(const std::string path, PathOf(hash, deadline));
    TIDEMARK_TRY(Manifest manifest, ReadManifest(hash, path));
    cache_.Put(manifest);
    return manifest;
  }

  Result<std::string> ReadManifestText(const ManifestHash& hash, Deadline deadline) override {
    if (auto cached = cache_.Get(hash)) return std::move(cached->canonical_json);
    TIDEMARK_TRY(const std::string path, PathOf(hash, deadline));
    return ReadText(hash, path);
  }

  Status RegisterManifest(const Manifest& manifest, Deadline deadline) override {
    // The object first: a row must never name an object that is not there. Its name is the hash of
    // its content, so to write it again can only mend it.
    TIDEMARK_TRY(manifests_.Put(manifest.hash.hex, manifest.canonical_json,
                                object_store::IfExists::kReplace));
    return metadata_.RegisterManifest(
        {.hash = manifest.hash, .path = manifest.hash.hex, .kind = manifest.kind}, deadline);
  }

  Result<std::vector<ManifestInfo>> ListManifests(Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, metadata_.OpenReaderAtFirstRead(deadline));
    TIDEMARK_TRY(auto rows, reader->ListManifests());
    std::vector<ManifestInfo> manifests;
    manifests.reserve(rows.size());
    for (auto& [row, dataset_count] : rows) {
      manifests.push_back({std::move(row.hash), std::move(row.kind), dataset_count});
    }
    return manifests;
  }

  Result<std::vector<ManifestTag>> ListTagsOfManifest(const ManifestHash& hash,
                                                      Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, metadata_.OpenReaderAtFirstRead(deadline));
    TIDEMARK_TRY(const auto manifest, reader->GetManifest(hash));
    if (!manifest) return NoManifest(hash);
    TIDEMARK_TRY(auto rows, reader->ListTagsOfManifest(hash));
    std::vector<ManifestTag> tags;
    tags.reserve(rows.size());
    for (TagRow& row : rows) tags.push_back({std::move(row.dataset), std::move(row.version)});
    return tags;
  }

  Result<std::vector<DatasetVersions>> List(Deadline deadline) override {
    std::vector<TagRow> tags;
    {
      TIDEMARK_TRY(const auto reader, metadata_.OpenReaderAtFirstRead(deadline));
      TIDEMARK_TRY(tags, reader->ListAllTags());
    }
    std::map<DatasetName, std::vector<TagRow>> by_dataset;
    for (TagRow& tag : tags) by_dataset[tag.dataset].push_back(std::move(tag));
    std::vector<DatasetVersions> result;
    result.reserve(by_dataset.size());
    for (const auto& [dataset, its_tags] : by_dataset) {
      result.push_back(Summarize(dataset, its_tags));
    }
    return result;
  }

  Result<DatasetVersions> ListVersions(const DatasetName& dataset, Deadline deadline) override {
    TIDEMARK_TRY(const auto reader, metadata_.OpenReaderAtFirstRead(deadline));
    TIDEMARK_TRY(const auto tags, reader->ListTags(dataset));
    return Summarize(dataset, tags);
  }

 private:
  Result<Dataset> Link(const DatasetName& dataset, const Manifest& manifest,
                       const std::optional<SemanticVersion>& tag, Deadline deadline) {
    Dataset result{.version = {.dataset = dataset, .manifest_hash = manifest.hash},
                   .manifest = manifest};
    TIDEMARK_TRY(metadata_.LinkManifest(result.version, deadline));
    if (tag) TIDEMARK_TRY(metadata_.SetVersionTag(result.version, *tag, deadline));
    return result;
  }

  /// Whether every dataset version that a derived manifest reads is registered, at one moment.
  Status CheckDependencies(const Manifest& manifest, Deadline deadline) {
    if (manifest.dependencies.empty()) return {};
    TIDEMARK_TRY(const auto reader, metadata_.OpenReaderAtFirstRead(deadline));
    for (const auto& [alias, reference] : manifest.dependencies) {
      TIDEMARK_TRY(const auto revision, ParseRevision(reference.revision));
      const auto hash = std::visit(RevisionResolver{*reader, reference.dataset}, revision);
      if (hash) continue;
      if (hash.error().code != ErrorCode::kNotFound) return std::unexpected(hash.error());
      return MakeError(
          ErrorCode::kInvalidArgument,
          fmt::format("dependencies.{} is not registered: {}", alias, hash.error().message));
    }
    return {};
  }

  Result<std::string> PathOf(const ManifestHash& hash, Deadline deadline) {
    TIDEMARK_TRY(const auto reader, metadata_.OpenReaderAtFirstRead(deadline));
    TIDEMARK_TRY(auto row, reader->GetManifest(hash));
    if (!row) return NoManifest(hash);
    return std::move(row->path);
  }

  /// Errors: kNotFound if there is no such object; kCorruption if it is another.
  Result<std::string> ReadText(const ManifestHash& hash, const std::string& path) {
    const auto fail = [&](ErrorCode code, std::string_view what) {
      return MakeError(code, fmt::format("manifest {} {}", hash.hex, what));
    };
    auto bytes = manifests_.Read(path, kMaxManifestBytes);
    if (!bytes) {
      const Error& error = bytes.error();
      if (error.code == ErrorCode::kUnavailable) return std::unexpected(error);
      return fail(
          error.code == ErrorCode::kNotFound ? ErrorCode::kNotFound : ErrorCode::kCorruption,
          fmt::format("is registered, but: {}", error.message));
    }
    if (HashManifest(*bytes) != hash) {
      return fail(ErrorCode::kCorruption, "is stored with other content");
    }
    return bytes;
  }

  Result<Manifest> ReadManifest(const ManifestHash& hash, const std::string& path) {
    auto bytes = ReadText(hash, path);
    if (!bytes && bytes.error().code == ErrorCode::kNotFound) {
      // What is registered must be there.
      return MakeError(ErrorCode::kCorruption, std::move(bytes).error().message);
    }
    TIDEMARK_TRY(std::string text, std::move(bytes));
    auto manifest = ParseManifest(text);
    if (!manifest) {
      return MakeError(ErrorCode::kCorruption, fmt::format("manifest {} cannot be read: {}",
                                                           hash.hex, manifest.error().message));
    }
    // A manifest that another program wrote may differ from what this one would write, within what
    // both read alike. Its identity is its own.
    manifest->canonical_json = std::move(text);
    manifest->hash = hash;
    return *std::move(manifest);
  }

  metadata_db::MetadataStore& metadata_;
  object_store::ObjectStore& manifests_;
  ManifestCache cache_;
};

}  // namespace

std::unique_ptr<DatasetStore> MakeDatasetStore(metadata_db::MetadataStore& metadata,
                                               object_store::ObjectStore& manifests) {
  return std::make_unique<StoredDatasets>(metadata, manifests);
}

}  // namespace tidemark::dataset_store
