#include "tidemark/model/job.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

#include "tidemark/base/sha256.h"
#include "tidemark/base/text.h"

namespace tidemark {
namespace {

constexpr std::array kAllStatuses = {
    JobStatus::kScheduled, JobStatus::kRunning, JobStatus::kStopRequested,
    JobStatus::kStopping,  JobStatus::kStopped, JobStatus::kCompleted,
    JobStatus::kError,     JobStatus::kFatal,   JobStatus::kUnknown};

char ToUpperAscii(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

}  // namespace

std::string_view ToString(JobStatus status) {
  switch (status) {
    case JobStatus::kScheduled:
      return "SCHEDULED";
    case JobStatus::kRunning:
      return "RUNNING";
    case JobStatus::kStopRequested:
      return "STOP_REQUESTED";
    case JobStatus::kStopping:
      return "STOPPING";
    case JobStatus::kStopped:
      return "STOPPED";
    case JobStatus::kCompleted:
      return "COMPLETED";
    case JobStatus::kError:
      return "ERROR";
    case JobStatus::kFatal:
      return "FATAL";
    case JobStatus::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

JobStatus ParseJobStatus(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), ToUpperAscii);
  const auto found =
      std::ranges::find(kAllStatuses, upper, [](JobStatus status) { return ToString(status); });
  return found == kAllStatuses.end() ? JobStatus::kUnknown : *found;
}

std::string_view ToSpecWord(JobStatus status) {
  if (status == JobStatus::kError || status == JobStatus::kFatal) return "FAILED";
  return ToString(status);
}

bool IsTerminal(JobStatus status) {
  switch (status) {
    case JobStatus::kStopped:
    case JobStatus::kCompleted:
    case JobStatus::kError:
    case JobStatus::kFatal:
      return true;
    case JobStatus::kScheduled:
    case JobStatus::kRunning:
    case JobStatus::kStopRequested:
    case JobStatus::kStopping:
    case JobStatus::kUnknown:
      return false;
  }
  return false;
}

Result<EndBlock> ParseEndBlock(const std::optional<std::string>& text) {
  if (!text) return EndBlock{EndBlock::Continuous{}};
  if (*text == "latest") return EndBlock{EndBlock::BehindLatest{0}};
  std::string_view digits = *text;
  const bool behind = digits.starts_with('-');
  if (behind) digits.remove_prefix(1);
  const auto number = ParseDecimal<std::uint64_t>(digits);
  if (!number) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("'{}' is no end block: use a block number, latest, or -N for N "
                                 "blocks before latest",
                                 *text));
  }
  if (behind) return EndBlock{EndBlock::BehindLatest{*number}};
  return EndBlock{BlockNumber{*number}};
}

std::optional<std::string> ToText(const EndBlock& end) {
  if (const auto* behind = std::get_if<EndBlock::BehindLatest>(&end.value)) {
    return behind->blocks == 0 ? "latest" : fmt::format("-{}", behind->blocks);
  }
  if (const auto* number = std::get_if<BlockNumber>(&end.value)) {
    return fmt::format("{}", number->value);
  }
  return std::nullopt;
}

std::string_view ToString(JobKind kind) {
  switch (kind) {
    case JobKind::kMaterializeRaw:
      return "materialize-raw";
    case JobKind::kMaterializeDerived:
      return "materialize-derived";
  }
  return "materialize-raw";
}

std::string MakeIdempotencyKey(JobKind kind, const DatasetVersion& version) {
  return Sha256Hex(fmt::format("{}:{}@{}", ToString(kind), ToString(version.dataset),
                               version.manifest_hash.hex));
}

}  // namespace tidemark
