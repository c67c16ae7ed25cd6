// What every library of the project may rely on and none should write again: results, time,
// back-off, locks, JSON out, strict text, log lines, metrics, random identifiers, failpoints.
// Nothing here knows of blocks, datasets, HTTP or databases, and nothing here does I/O but the log.
#pragma once

#include "tidemark/base/back_off.h"         // IWYU pragma: export
#include "tidemark/base/clock.h"            // IWYU pragma: export
#include "tidemark/base/failpoint.h"        // IWYU pragma: export
#include "tidemark/base/file_descriptor.h"  // IWYU pragma: export
#include "tidemark/base/json_writer.h"      // IWYU pragma: export
#include "tidemark/base/log.h"              // IWYU pragma: export
#include "tidemark/base/metrics.h"          // IWYU pragma: export
#include "tidemark/base/mutex.h"            // IWYU pragma: export
#include "tidemark/base/random.h"           // IWYU pragma: export
#include "tidemark/base/result.h"           // IWYU pragma: export
#include "tidemark/base/text.h"             // IWYU pragma: export
#include "tidemark/base/wait.h"             // IWYU pragma: export
