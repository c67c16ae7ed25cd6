#include "registration.h"

namespace tidemark::worker {

Status Registration::Register(Deadline deadline) {
  const MutexLock lock(mutex_);
  TIDEMARK_TRY(registered_at_,
               metadata_.RegisterWorker(options_.node_id, options_.info_json, deadline));
  return {};
}

bool Registration::IsOurs(const metadata_db::WorkerRow& row) const {
  const MutexLock lock(mutex_);
  return row.registered_at == registered_at_;
}

}  // namespace tidemark::worker
