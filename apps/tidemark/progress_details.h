// What a progress answer says of a table beyond one line: heads, health, what is missing, problems.
#pragma once

#include <string>
#include <vector>

#include "json_document.h"

namespace tidemark::app {

/// A line each, without indentation; empty if the answer has none of it.
std::vector<std::string> DescribeDetails(JsonValue table);

/// "PARTITION_TASK: the node did not answer (blocks 7 to 9)", of a job's stored failure.
std::string DescribeFailure(JsonValue error);

}  // namespace tidemark::app
