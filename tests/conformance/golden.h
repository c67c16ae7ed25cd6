// What is asked of each store: Amp's recorded requests, and every route about every row.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "amp_rows.h"

namespace tidemark::conformance {

/// The requests of answers.json, or of expected.json.
std::vector<std::string> RecordedRequests(const std::filesystem::path& file);

/// Each route that reads, about each dataset version, job, revision, file, manifest and worker.
std::vector<std::string> RequestsAbout(const std::vector<AmpRow>& rows);

}  // namespace tidemark::conformance
