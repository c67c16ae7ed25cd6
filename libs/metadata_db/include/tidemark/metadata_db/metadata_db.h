// What Tidemark knows of datasets, tables, files, jobs and workers, behind one interface. Here: the
// interface, its rows, the job state machine, the rules that every store decides writes by, and the
// in-memory store; the contract that every store passes is in tests/metadata_store_contract.h. Not
// here: SQL and drivers (metadata_db_sqlite), what rows mean for progress (chain, data_store),
// manifests' content (dataset_store).
#pragma once

#include "tidemark/metadata_db/change_feed.h"     // IWYU pragma: export
#include "tidemark/metadata_db/job_transition.h"  // IWYU pragma: export
#include "tidemark/metadata_db/memory_store.h"    // IWYU pragma: export
#include "tidemark/metadata_db/metadata_store.h"  // IWYU pragma: export
#include "tidemark/metadata_db/rows.h"            // IWYU pragma: export
#include "tidemark/metadata_db/stored_values.h"   // IWYU pragma: export
#include "tidemark/metadata_db/write_rules.h"     // IWYU pragma: export
