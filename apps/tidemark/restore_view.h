// How the CLI shows what a restore found in storage.
#pragma once

#include <string>

#include "json_document.h"

namespace tidemark::app {

/// "12 files, 3 of them new" of an answer with counts; and a line for each file that could not be
/// read. Ends with a newline.
std::string DescribeRestoredFiles(JsonValue answer);

}  // namespace tidemark::app
