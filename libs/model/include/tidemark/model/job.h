// Sync jobs: their states, and what they are asked to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tidemark/base/result.h"
#include "tidemark/model/block_range.h"
#include "tidemark/model/names.h"

namespace tidemark {

/// The stored state of a job (`jobs_status.status`).
enum class JobStatus : std::uint8_t {
  kScheduled,  // Assigned to a node, not yet started.
  kRunning,
  kStopRequested,  // A user asked; the worker has not noticed.
  kStopping,       // The worker noticed.
  kStopped,
  kCompleted,  // Reached its end block.
  kError,      // Failed, and will be tried again.
  kFatal,      // Failed for good.
  kUnknown,    // The database holds a word that this program does not know.
};

/// The word that the database stores and `/jobs` prints: "STOP_REQUESTED".
std::string_view ToString(JobStatus status);

/// Reads that word in any case; kUnknown for anything else.
JobStatus ParseJobStatus(std::string_view text);

/// The word of the progress specification: ERROR and FATAL both read "FAILED".
std::string_view ToSpecWord(JobStatus status);

/// Neither waiting nor working: STOPPED, COMPLETED, ERROR, FATAL.
bool IsTerminal(JobStatus status);

/// Up to which block a job writes, as its deployer said it.
struct EndBlock {
  struct Continuous {
    friend bool operator==(const Continuous&, const Continuous&) = default;
  };
  /// The chain head when the job starts, less a number of blocks.
  struct BehindLatest {
    std::uint64_t blocks = 0;
    friend bool operator==(const BehindLatest&, const BehindLatest&) = default;
  };
  std::variant<Continuous, BehindLatest, BlockNumber> value;

  friend bool operator==(const EndBlock&, const EndBlock&) = default;
};

/// Reads "latest", "N" or "-N"; an absent text means continuous.
/// Errors: kInvalidArgument.
Result<EndBlock> ParseEndBlock(const std::optional<std::string>& text);
/// The text that ParseEndBlock reads; nullopt for continuous.
std::optional<std::string> ToText(const EndBlock& end);

/// What a job makes: the tables of a raw dataset from a chain, or those of a derived dataset from
/// other datasets' tables.
enum class JobKind : std::uint8_t { kMaterializeRaw, kMaterializeDerived };

/// "materialize-raw", "materialize-derived".
std::string_view ToString(JobKind kind);

/// What a job is to do (`job_events.detail` of its SCHEDULED event).
struct JobDescriptor {
  DatasetVersion version;
  EndBlock end_block;
  std::uint16_t max_writers = 1;  // Of a raw job alone, as is `verify`: a derived one has neither.
  bool verify = false;
  JobKind kind = JobKind::kMaterializeRaw;

  friend bool operator==(const JobDescriptor&, const JobDescriptor&) = default;
};

/// JSON with Amp's keys, those of the job's kind.
std::string PrintJobDescriptor(const JobDescriptor& descriptor);
/// Reads that JSON, whatever the order of its keys. Unknown keys are ignored, and so are those of
/// the other kind; "end_block", "max_writers" and "verify" may be absent.
/// Errors: kCorruption, naming the key, or a kind that is neither.
Result<JobDescriptor> ParseJobDescriptor(std::string_view json);

/// SHA-256 of `<kind>:<ns>/<name>@<manifest_hash>` in lower-case hex: one job a version.
std::string MakeIdempotencyKey(JobKind kind, const DatasetVersion& version);

}  // namespace tidemark
