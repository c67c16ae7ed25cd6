// Jobs as they are shown, read from one snapshot.
#pragma once

#include <optional>
#include <string>

#include "tidemark/base/result.h"
#include "tidemark/data_store/jobs.h"
#include "tidemark/metadata_db/metadata_store.h"

namespace tidemark::data_store {

/// Detail of the newest event that put the job in its present state, if that is a failure.
Result<std::optional<std::string>> ReadErrorDetail(metadata_db::MetadataReader& reader,
                                                   const metadata_db::JobRow& job);

Result<JobInfo> ReadJobInfo(metadata_db::MetadataReader& reader, const metadata_db::JobRow& job);

}  // namespace tidemark::data_store
