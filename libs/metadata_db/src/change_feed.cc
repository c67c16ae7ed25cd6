#include "tidemark/metadata_db/change_feed.h"

#include <algorithm>
#include <functional>

#include <fmt/format.h>

namespace tidemark::metadata_db {
namespace {

constexpr std::size_t kTextSizeMax = 65'536;
constexpr char kSeparator = '.';

bool IsFieldCharacter(char c) {
  return ('0' <= c && c <= '9') || ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == ',' ||
         c == ':' || c == '-';
}

}  // namespace

Result<FeedPosition> FeedPosition::Parse(std::string_view text) {
  const bool is_well_formed =
      !text.empty() && text.size() <= kTextSizeMax &&
      std::ranges::all_of(text, [](char c) { return c == kSeparator || IsFieldCharacter(c); });
  if (!is_well_formed) {
    return MakeError(ErrorCode::kInvalidArgument, "this is no position of a change feed");
  }
  return FeedPosition(std::string(text));
}

FeedPosition FeedPosition::OfFields(const std::vector<std::string>& fields) {
  return FeedPosition(fmt::format("{}", fmt::join(fields, std::string_view(&kSeparator, 1))));
}

std::vector<std::string_view> FeedPosition::Fields() const {
  std::vector<std::string_view> fields;
  std::string_view rest = text_;
  for (std::size_t end = rest.find(kSeparator); end != std::string_view::npos;
       end = rest.find(kSeparator)) {
    fields.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  fields.push_back(rest);
  return fields;
}

std::string_view ToString(FeedBreak why) {
  switch (why) {
    case FeedBreak::kBeginning:
      return "beginning";
    case FeedBreak::kOtherFeed:
      return "other_feed";
    case FeedBreak::kPruned:
      return "pruned";
    case FeedBreak::kOtherHistory:
      return "other_history";
  }
  return "unknown";
}

void SortChanges(Changes& changes) {
  const auto sort = [](auto& list, auto projection) {
    std::ranges::sort(list, {}, projection);
    const auto rest = std::ranges::unique(list, {}, projection);
    list.erase(rest.begin(), rest.end());
  };
  sort(changes.revisions, &ChangedRevision::id);
  sort(changes.jobs, std::identity());
  sort(changes.datasets, std::identity());
}

Result<std::chrono::milliseconds> BoundKeep(std::chrono::milliseconds keep) {
  constexpr std::chrono::milliseconds kMax = std::chrono::hours(24) * 365 * 100;
  if (keep.count() < 0) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("changes cannot be kept for {} ms", keep.count()));
  }
  return std::min(keep, kMax);
}

}  // namespace tidemark::metadata_db
