// A disk that fails when a test says so.
#pragma once

#include <atomic>
#include <cstdint>

#include <sqlite3.h>

namespace tidemark::metadata_db_sqlite {

/// While it lives, SQLite reaches files through it: a layer over the real file system that fails
/// writes, truncations and syncs on demand. One at a time.
class FailingDisk {
 public:
  enum class Mode : std::uint8_t {
    kOnce,     // One call fails, later ones work again.
    kForGood,  // All from that call on fail, until Heal.
  };

  FailingDisk();
  FailingDisk(const FailingDisk&) = delete;
  FailingDisk& operator=(const FailingDisk&) = delete;
  ~FailingDisk();

  /// The call after `calls` good ones fails.
  void FailAfter(int calls, Mode mode);
  void Heal() { good_calls_ = kNever; }

  /// Whether a call has failed since FailAfter.
  bool has_failed() const { return has_failed_; }

  /// Called for each write: false if it must fail.
  bool Allow();

 private:
  static constexpr int kNever = -1;

  sqlite3_vfs vfs_{};
  std::atomic<int> good_calls_ = kNever;
  std::atomic<Mode> mode_ = Mode::kOnce;
  std::atomic<bool> has_failed_ = false;
};

}  // namespace tidemark::metadata_db_sqlite
