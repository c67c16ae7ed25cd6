#include "tidemark/base/random.h"

#include <algorithm>
#include <array>
#include <random>

#include "tidemark/base/mutex.h"
#include "tidemark/base/text.h"

namespace tidemark {

std::uint64_t RandomU64() {
  // Opening the generator costs more than reading it; one a thread needs no lock.
  thread_local std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

std::string MakeUuidV7(UtcTime now) {
  // The 12 bits after the time count within a millisecond (RFC 9562 6.2, method 1).
  static Mutex mutex;
  static std::uint64_t last = 0;
  std::uint64_t time_and_counter = 0;
  {
    const MutexLock lock(mutex);
    const auto ms = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()).count();
    last = std::max(last + 1, static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0)) << 12U);
    time_and_counter = last;
  }
  const std::uint64_t tail = RandomU64();
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<std::uint8_t>(time_and_counter >> (52 - 8 * i));
  }
  bytes[6] = static_cast<std::uint8_t>(0x70U | ((time_and_counter >> 8U) & 0x0FU));
  bytes[7] = static_cast<std::uint8_t>(time_and_counter);
  for (std::size_t i = 0; i < 8; ++i) bytes[8 + i] = static_cast<std::uint8_t>(tail >> (8 * i));
  bytes[8] = static_cast<std::uint8_t>(0x80U | (bytes[8] & 0x3FU));

  std::string text;
  AppendHex(text, bytes);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

bool IsUuidV7(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx";
  if (text.size() != kForm.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    switch (kForm[i]) {
      case 'x':
        if (!is_hex) return false;
        break;
      case 'v':  // The variant, two bits.
        if (c != '8' && c != '9' && c != 'a' && c != 'b') return false;
        break;
      default:
        if (c != kForm[i]) return false;
    }
  }
  return true;
}

}  // namespace tidemark
