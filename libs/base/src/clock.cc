#include "tidemark/base/clock.h"

#include <algorithm>

#include <fmt/format.h>

#include "tidemark/base/text.h"

namespace tidemark {
namespace {

class MachineClock final : public Clock {
 public:
  UtcTime Now() const override {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }
  SteadyTime SteadyNow() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock clock;
  return clock;
}

std::string FormatRfc3339(UtcTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::microseconds>(time - day));
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  const auto fraction = clock.subseconds().count();
  if (fraction % 1000 != 0) {
    text += fmt::format(".{:06}", fraction);
  } else if (fraction != 0) {
    text += fmt::format(".{:03}", fraction / 1000);
  }
  return text + "+00:00";
}

std::optional<UtcTime> ParseRfc3339(std::string_view text) {
  const auto take_number = [&](std::size_t digits) -> std::optional<int> {
    if (text.size() < digits) return std::nullopt;
    const auto part = text.substr(0, digits);
    if (!std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; }))
      return std::nullopt;
    text.remove_prefix(digits);
    return ParseDecimal<int>(part);
  };
  const auto take = [&](std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
  };

  const auto year = take_number(4);
  if (!year || !take("-")) return std::nullopt;
  const auto month = take_number(2);
  if (!month || !take("-")) return std::nullopt;
  const auto day = take_number(2);
  if (!day || !take("Tt ")) return std::nullopt;
  const auto hour = take_number(2);
  if (!hour || !take(":")) return std::nullopt;
  const auto minute = take_number(2);
  if (!minute || !take(":")) return std::nullopt;
  const auto second = take_number(2);
  if (!second) return std::nullopt;

  std::chrono::nanoseconds fraction{0};
  if (take(".")) {
    std::int64_t scale = 100'000'000;
    std::size_t digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
      fraction += std::chrono::nanoseconds((text.front() - '0') * scale);
      scale /= 10;
      text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
  }

  std::chrono::minutes offset{0};
  if (!take("Zz")) {
    const bool behind = text.starts_with('-');
    if (!take("+-")) return std::nullopt;
    const auto offset_hours = take_number(2);
    if (!offset_hours || !take(":")) return std::nullopt;
    const auto offset_minutes = take_number(2);
    if (!offset_minutes || *offset_hours > 23 || *offset_minutes > 59) return std::nullopt;
    offset = std::chrono::hours(*offset_hours) + std::chrono::minutes(*offset_minutes);
    if (behind) offset = -offset;
  }
  if (!text.empty()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  // Nanoseconds since 1970 hold the years 1678 to 2261; outside them the sum would wrap.
  if (!date.ok() || *year < 1678 || *year > 2261) return std::nullopt;
  if (*hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return UtcTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) + fraction - offset;
}

std::chrono::milliseconds Deadline::Remaining() const {
  constexpr std::chrono::milliseconds kLongest = std::chrono::hours(24);
  if (is_never()) return kLongest;
  const auto left = time_ - std::chrono::steady_clock::now();
  if (left <= std::chrono::nanoseconds(0)) return std::chrono::milliseconds(0);
  // Rounded up: a wait of the last half millisecond must not become a busy loop of zero waits.
  return std::min(kLongest, std::chrono::ceil<std::chrono::milliseconds>(left));
}

}  // namespace tidemark
