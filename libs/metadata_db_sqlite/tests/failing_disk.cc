#include "failing_disk.h"

#include <stdexcept>

namespace tidemark::metadata_db_sqlite {
namespace {

// SQLite allocates this and, behind it, the file of the real file system.
struct LayeredFile {
  sqlite3_file base;
  FailingDisk* disk;
  sqlite3_file* real;
};

LayeredFile& Layered(sqlite3_file* file) { return *reinterpret_cast<LayeredFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Layered(file).real; }
const sqlite3_io_methods& MethodsOf(sqlite3_file* file) { return *Real(file)->pMethods; }

int Close(sqlite3_file* file) { return MethodsOf(file).xClose(Real(file)); }
int Read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  return MethodsOf(file).xRead(Real(file), out, size, offset);
}
int Write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (Layered(file).disk->Allow()) return MethodsOf(file).xWrite(Real(file), bytes, size, offset);
  // A full disk takes a part of what it is given.
  MethodsOf(file).xWrite(Real(file), bytes, size / 2, offset);
  return SQLITE_FULL;
}
int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (!Layered(file).disk->Allow()) return SQLITE_IOERR_TRUNCATE;
  return MethodsOf(file).xTruncate(Real(file), size);
}
int Sync(sqlite3_file* file, int flags) {
  if (!Layered(file).disk->Allow()) return SQLITE_IOERR_FSYNC;
  return MethodsOf(file).xSync(Real(file), flags);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return MethodsOf(file).xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int lock) { return MethodsOf(file).xLock(Real(file), lock); }
int Unlock(sqlite3_file* file, int lock) { return MethodsOf(file).xUnlock(Real(file), lock); }
int CheckReservedLock(sqlite3_file* file, int* is_reserved) {
  return MethodsOf(file).xCheckReservedLock(Real(file), is_reserved);
}
int FileControl(sqlite3_file* file, int operation, void* argument) {
  return MethodsOf(file).xFileControl(Real(file), operation, argument);
}
int SectorSize(sqlite3_file* file) { return MethodsOf(file).xSectorSize(Real(file)); }
int DeviceCharacteristics(sqlite3_file* file) {
  return MethodsOf(file).xDeviceCharacteristics(Real(file));
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return MethodsOf(file).xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return MethodsOf(file).xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { MethodsOf(file).xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) {
  return MethodsOf(file).xShmUnmap(Real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,  // Without memory-mapped reads.
    .xClose = Close,
    .xRead = Read,
    .xWrite = Write,
    .xTruncate = Truncate,
    .xSync = Sync,
    .xFileSize = FileSize,
    .xLock = Lock,
    .xUnlock = Unlock,
    .xCheckReservedLock = CheckReservedLock,
    .xFileControl = FileControl,
    .xSectorSize = SectorSize,
    .xDeviceCharacteristics = DeviceCharacteristics,
    .xShmMap = ShmMap,
    .xShmLock = ShmLock,
    .xShmBarrier = ShmBarrier,
    .xShmUnmap = ShmUnmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs* RealVfs() { return sqlite3_vfs_find("unix"); }

int Open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  LayeredFile& layered = Layered(file);
  layered.base.pMethods = nullptr;
  layered.disk = static_cast<FailingDisk*>(vfs->pAppData);
  layered.real = reinterpret_cast<sqlite3_file*>(&layered + 1);
  const int result_code = RealVfs()->xOpen(RealVfs(), name, layered.real, flags, out_flags);
  if (layered.real->pMethods != nullptr) layered.base.pMethods = &kMethods;
  return result_code;
}

}  // namespace

FailingDisk::FailingDisk() {
  if (RealVfs() == nullptr) throw std::runtime_error("SQLite has no unix file system");
  vfs_ = *RealVfs();
  vfs_.zName = "failing-disk";
  vfs_.szOsFile = static_cast<int>(sizeof(LayeredFile)) + RealVfs()->szOsFile;
  vfs_.pNext = nullptr;
  vfs_.xOpen = Open;
  vfs_.pAppData = this;
  sqlite3_vfs_register(&vfs_, 1);
}

FailingDisk::~FailingDisk() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(RealVfs(), 1);
}

void FailingDisk::FailAfter(int calls, Mode mode) {
  has_failed_ = false;
  mode_ = mode;
  good_calls_ = calls;
}

bool FailingDisk::Allow() {
  if (good_calls_ == kNever) return true;
  if (good_calls_ > 0) {
    --good_calls_;
    return true;
  }
  has_failed_ = true;
  if (mode_ == Mode::kOnce) Heal();
  return false;
}

}  // namespace tidemark::metadata_db_sqlite
