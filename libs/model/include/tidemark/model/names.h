// How datasets, their versions and their tables are called (Amp's grammar).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tidemark/base/result.h"

namespace tidemark {

/// `namespace/name`. Namespace: one or more of a-z 0-9 _. Name: the same, not starting with a
/// digit.
struct DatasetName {
  std::string ns;
  std::string name;
  friend auto operator<=>(const DatasetName&, const DatasetName&) = default;
};

/// Errors: kInvalidArgument, saying which part breaks which rule.
Result<DatasetName> MakeDatasetName(std::string_view ns, std::string_view name);
std::string ToString(const DatasetName& name);

/// Starts with a letter or _, then letters, digits, _ and $; 1 to 63 bytes; case matters.
bool IsTableName(std::string_view text);

/// Starts with a letter, then letters, digits, _ - and . (a worker's node id).
bool IsNodeId(std::string_view text);

/// SHA-256 of a manifest's canonical text, 64 lower-case hex digits without a prefix.
struct ManifestHash {
  std::string hex;
  friend auto operator<=>(const ManifestHash&, const ManifestHash&) = default;
};

/// Reads 64 hex digits of either case and lowers them; nullopt for anything else.
std::optional<ManifestHash> ParseManifestHash(std::string_view text);

/// SHA-256 of `bytes` as a ManifestHash; the caller passes canonical JSON.
ManifestHash HashManifest(std::string_view bytes);

/// One version of one dataset: what progress is reported for.
struct DatasetVersion {
  DatasetName dataset;
  ManifestHash manifest_hash;
  friend auto operator<=>(const DatasetVersion&, const DatasetVersion&) = default;
};

/// Semantic version 2.0.0 (semver.org), without a leading v. Ordered by precedence; build metadata
/// does not count for order or equality of precedence, `text` keeps it.
class SemanticVersion {
 public:
  /// Errors: kInvalidArgument.
  static Result<SemanticVersion> Parse(std::string_view text);

  const std::string& text() const { return text_; }
  /// Precedence as semver.org 11 defines it: less, equal or greater.
  std::weak_ordering Compare(const SemanticVersion& other) const;

 private:
  std::uint64_t major_ = 0;
  std::uint64_t minor_ = 0;
  std::uint64_t patch_ = 0;
  std::string prerelease_;  // Without the hyphen; empty for a release.
  std::string text_;
};

struct LatestRevision {
  friend bool operator==(const LatestRevision&, const LatestRevision&) = default;
};
struct DevRevision {
  friend bool operator==(const DevRevision&, const DevRevision&) = default;
};

/// `{rev}` of a URL: which version of a dataset is meant.
using Revision = std::variant<LatestRevision, DevRevision, ManifestHash, SemanticVersion>;

/// Reads `latest`, `dev`, 64 hex digits or a semantic version.
/// Errors: kInvalidArgument.
Result<Revision> ParseRevision(std::string_view text);

/// `ns/name@rev` as people write it; without `ns/` the namespace is `_`, without `@rev` the
/// revision is `latest`.
struct DatasetReference {
  DatasetName dataset;
  std::string revision;
};

/// Errors: kInvalidArgument.
Result<DatasetReference> ParseDatasetReference(std::string_view text);

}  // namespace tidemark
