// The change feed beside Amp's tables, which an operator installs and removes. A store that is
// opened on the database uses it while it is there, and does without it when it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tidemark/base/clock.h"
#include "tidemark/base/result.h"

namespace tidemark::metadata_db_postgres {

/// What can be seen of the feed of an Amp database.
struct AttachedFeedStatus {
  std::int64_t amp_schema = 0;  // The newest migration of Amp's.
  bool is_installed = false;    // Whole or not. Without it nothing of the rest is known.
  std::int64_t format = 0;
  std::int64_t triggers_firing = 0;
  std::int64_t triggers_expected = 0;
  bool is_readable = false;  // By the role that asks. Without it nothing of the rest is known.
  bool is_of_this_server = false;
  bool is_as_installed = false;  // Nobody has touched a trigger since.
  std::optional<UtcTime> installed_at;
  std::int64_t changes = 0;
  std::optional<UtcTime> oldest_change;
  std::int64_t faults = 0;           // That triggers have met with: a hundred are counted.
  std::optional<std::string> fault;  // The first one.
  bool is_standby = false;           // Where a feed cannot be read.
};

/// Why a server that is attached does not use the feed; nullopt if it does.
std::optional<std::string> WhyUnused(const AttachedFeedStatus& status);

enum class FeedInstallation : std::uint8_t {
  kInstalled,
  kRepaired,      // It was not whole, or had faults: it has been made anew.
  kWasInstalled,  // Whoever may read Amp's tables now may read it, too.
};

/// Errors: kInvalidArgument if the URL cannot be read; kNotFound if the database is not Amp's;
/// kCorruption if it has a schema "tidemark" that is no feed; kUnavailable.
Result<AttachedFeedStatus> ReadAttachedFeedStatus(const std::string& url, Deadline deadline);

/// Installs the feed, in one transaction, which waits for whoever is writing to Amp's tables but
/// never lets them wait for long. The role must own these tables and be allowed to create a schema.
/// Errors: as above; also kConflict if Amp's schema is one that this program does not know, if
/// there are triggers or other things of the feed's names that are not its own, or if the feed is
/// a newer one; kUnavailable if a right is missing or somebody is writing until the deadline.
Result<FeedInstallation> InstallAttachedFeed(const std::string& url, Deadline deadline);

/// Takes away all that was installed. False if there is nothing.
/// Errors: as InstallAttachedFeed, but any schema of Amp's will do.
Result<bool> RemoveAttachedFeed(const std::string& url, Deadline deadline);

}  // namespace tidemark::metadata_db_postgres
