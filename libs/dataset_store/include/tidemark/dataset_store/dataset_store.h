// Datasets: manifests, their versions and tags, and the providers that raw datasets read from.
// Here: what a manifest means, its canonical text and hash, how a revision resolves. Not here:
// tables' segments and progress (data_store), JSON of the API (admin_api).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"
#include "tidemark/dataset_store/manifest.h"
#include "tidemark/model/names.h"

namespace tidemark::metadata_db {
class MetadataStore;
}
namespace tidemark::object_store {
class ObjectStore;
}

namespace tidemark::dataset_store {

/// A dataset version, resolved.
struct Dataset {
  DatasetVersion version;
  Manifest manifest;
};

/// A semantic version of a dataset.
struct VersionTag {
  SemanticVersion version;
  ManifestHash manifest_hash;
  UtcTime created_at;
  UtcTime updated_at;
};

struct DatasetVersions {
  DatasetName dataset;
  std::vector<VersionTag> versions;   // Greatest first, by precedence.
  std::optional<std::string> latest;  // The version that the tag "latest" stands for.
  std::optional<ManifestHash> dev;
};

/// A stored manifest, as a row tells.
struct ManifestInfo {
  ManifestHash hash;
  std::string kind;  // "unknown" in old rows.
  std::uint64_t dataset_count = 0;
};

/// A name by which a dataset knows a manifest: a semantic version, "latest" or "dev".
struct ManifestTag {
  DatasetName dataset;
  std::string version;
};

/// Thread-safe. Blocks on the metadata database and the manifest store.
/// Errors of every function: kUnavailable, kCorruption (a stored manifest that cannot be read).
class DatasetStore {
 public:
  DatasetStore() = default;
  DatasetStore(const DatasetStore&) = delete;
  DatasetStore& operator=(const DatasetStore&) = delete;
  virtual ~DatasetStore() = default;

  /// Stores the manifest, links it to the dataset (which moves "dev"), and tags it if `tag` is
  /// given. Doing it again changes nothing.
  /// Errors: kInvalidArgument, naming a dependency that is not registered.
  virtual Result<Dataset> Register(const DatasetName& dataset, const Manifest& manifest,
                                   const std::optional<SemanticVersion>& tag,
                                   Deadline deadline) = 0;
  /// The same with a manifest that is already stored.
  /// Errors: kNotFound; kInvalidArgument, naming a dependency that is not registered.
  virtual Result<Dataset> RegisterByHash(const DatasetName& dataset, const ManifestHash& hash,
                                         const std::optional<SemanticVersion>& tag,
                                         Deadline deadline) = 0;

  /// The dataset version that a revision stands for. A hash must be of a manifest of this dataset.
  /// Errors: kNotFound.
  virtual Result<Dataset> Resolve(const DatasetName& dataset, const Revision& revision,
                                  Deadline deadline) = 0;
  /// The same without a look at the manifest, which may be lost.
  /// Errors: kNotFound.
  virtual Result<DatasetVersion> ResolveVersion(const DatasetName& dataset,
                                                const Revision& revision, Deadline deadline) = 0;
  /// The manifest of a version whose hash is known, linked or not; cached.
  /// Errors: kNotFound.
  virtual Result<Manifest> LoadManifest(const ManifestHash& hash, Deadline deadline) = 0;

  /// The text of a manifest, whether or not this program can make sense of it.
  /// Errors: kNotFound if it is not registered, or its object is gone.
  virtual Result<std::string> ReadManifestText(const ManifestHash& hash, Deadline deadline) = 0;

  /// Stores the manifest, linked to no dataset. Doing it again changes nothing. What it depends on
  /// may be registered later: it is looked for when the manifest is linked.
  virtual Status RegisterManifest(const Manifest& manifest, Deadline deadline) = 0;
  /// By hash.
  virtual Result<std::vector<ManifestInfo>> ListManifests(Deadline deadline) = 0;
  /// The tags that point at the manifest, by dataset, then in text order.
  /// Errors: kNotFound if there is no such manifest.
  virtual Result<std::vector<ManifestTag>> ListTagsOfManifest(const ManifestHash& hash,
                                                              Deadline deadline) = 0;

  /// By name. Datasets without a version are there too.
  virtual Result<std::vector<DatasetVersions>> List(Deadline deadline) = 0;
  /// Empty if the dataset is not known.
  virtual Result<DatasetVersions> ListVersions(const DatasetName& dataset, Deadline deadline) = 0;
};

/// Both stores must outlive the result. `manifests` has the objects at its root.
std::unique_ptr<DatasetStore> MakeDatasetStore(metadata_db::MetadataStore& metadata,
                                               object_store::ObjectStore& manifests);

}  // namespace tidemark::dataset_store
