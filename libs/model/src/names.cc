#include "tidemark/model/names.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tidemark/base/sha256.h"
#include "tidemark/base/text.h"

namespace tidemark {
namespace {

// The locale's idea of a letter must not decide what a name may be.
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsLetter(char c) { return IsLower(c) || (c >= 'A' && c <= 'Z'); }

bool IsNamePart(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; });
}

}  // namespace

Result<DatasetName> MakeDatasetName(std::string_view ns, std::string_view name) {
  if (!IsNamePart(ns)) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("'{}' is no namespace: use a-z, 0-9 and _", ns));
  }
  if (!IsNamePart(name) || IsDigit(name.front())) {
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("'{}' is no dataset name: use a-z, 0-9 and _, not a digit first", name));
  }
  return DatasetName{std::string(ns), std::string(name)};
}

std::string ToString(const DatasetName& name) { return name.ns + "/" + name.name; }

bool IsTableName(std::string_view text) {
  constexpr std::size_t kLongest = 63;
  return !text.empty() && text.size() <= kLongest && !IsDigit(text.front()) &&
         text.front() != '$' && std::ranges::all_of(text, [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '_' || c == '$';
         });
}

bool IsNodeId(std::string_view text) {
  return !text.empty() && IsLetter(text.front()) && std::ranges::all_of(text, [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || c == '.';
  });
}

std::optional<ManifestHash> ParseManifestHash(std::string_view text) {
  std::array<std::uint8_t, 32> bytes{};
  if (!ParseHex(text, bytes)) return std::nullopt;
  ManifestHash hash;
  AppendHex(hash.hex, bytes);
  return hash;
}

ManifestHash HashManifest(std::string_view bytes) { return {Sha256Hex(bytes)}; }

Result<Revision> ParseRevision(std::string_view text) {
  if (text == "latest") return LatestRevision{};
  if (text == "dev") return DevRevision{};
  if (auto hash = ParseManifestHash(text)) return *std::move(hash);
  if (auto version = SemanticVersion::Parse(text)) return *std::move(version);
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' is no revision: use latest, dev, a version like 1.2.0 or a manifest hash",
                  text));
}

Result<DatasetReference> ParseDatasetReference(std::string_view text) {
  std::string_view rest = text;
  std::string revision = "latest";
  if (const auto at = rest.find('@'); at != std::string_view::npos) {
    revision = rest.substr(at + 1);
    rest = rest.substr(0, at);
  }
  std::string_view ns = "_";
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    ns = rest.substr(0, slash);
    rest = rest.substr(slash + 1);
  }
  TIDEMARK_TRY(auto dataset, MakeDatasetName(ns, rest));
  TIDEMARK_TRY(ParseRevision(revision));
  return DatasetReference{std::move(dataset), std::move(revision)};
}

}  // namespace tidemark
