#include "secret_mask.h"

#include <algorithm>
#include <array>

namespace tidemark::admin_api {
namespace {

using simdjson::dom::element;
using simdjson::dom::element_type;

char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsKeyCharacter(char c) {
  const char lower = ToLower(c);
  return (lower >= 'a' && lower <= 'z') || IsDigit(c) || c == '-' || c == '_';
}

/// Long and with digits, as no word of a path is: providers put the key of an account there
/// ("/v3/9aa3d95b3bc440fa88ea12eaa4456161").
bool LooksLikeKey(std::string_view segment) {
  constexpr std::size_t kShortest = 16;
  return segment.size() >= kShortest && std::ranges::all_of(segment, IsKeyCharacter) &&
         std::ranges::any_of(segment, IsDigit);
}

/// Calls `write` with each part of `text` between separators, and copies the separators.
template <class Write>
void ForEachPart(std::string_view text, char separator, std::string& out, Write write) {
  while (true) {
    const std::size_t end = text.find(separator);
    write(text.substr(0, end));
    if (end == std::string_view::npos) return;
    out.push_back(separator);
    text.remove_prefix(end + 1);
  }
}

void AppendMaskedPath(std::string_view path, std::string& out) {
  ForEachPart(path, '/', out,
              [&](std::string_view segment) { out += LooksLikeKey(segment) ? kMask : segment; });
}

void AppendMaskedQuery(std::string_view query, std::string& out) {
  ForEachPart(query, '&', out, [&](std::string_view parameter) {
    const std::size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      out += LooksLikeKey(parameter) ? kMask : parameter;
      return;
    }
    const std::string_view value = parameter.substr(equals + 1);
    out += parameter.substr(0, equals + 1);
    out += IsSecretName(parameter.substr(0, equals)) || LooksLikeKey(value) ? kMask : value;
  });
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser let the document be.
void WriteMasked(const element& value, JsonWriter& json) {
  switch (value.type()) {
    case element_type::ARRAY:
      json.BeginArray();
      for (const auto each : simdjson::dom::array(value)) WriteMasked(each, json);
      json.EndArray();
      return;
    case element_type::OBJECT:
      json.BeginObject();
      WriteMaskedMembers(simdjson::dom::object(value), json);
      json.EndObject();
      return;
    case element_type::STRING:
      json.Value(MaskUrl(std::string_view(value)));
      return;
    case element_type::INT64:
    case element_type::UINT64:
    case element_type::DOUBLE:
    case element_type::BOOL:
    case element_type::NULL_VALUE:
      json.Raw(simdjson::minify(value));
      return;
  }
}

}  // namespace

bool IsSecretName(std::string_view name) {
  constexpr std::array<std::string_view, 9> kSecret = {"token",  "secret",     "password",
                                                       "passwd", "passphrase", "credential",
                                                       "key",    "signature",  "bearer"};
  constexpr std::array<std::string_view, 5> kWhole = {"auth", "authorization", "pass", "pwd",
                                                      "sig"};
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), ToLower);
  return std::ranges::any_of(kSecret,
                             [&](std::string_view word) { return lower.contains(word); }) ||
         std::ranges::find(kWhole, lower) != kWhole.end();
}

std::string MaskUrl(std::string_view text) {
  constexpr std::string_view kSchemeEnd = "://";
  const std::size_t scheme_end = text.find(kSchemeEnd);
  if (scheme_end == std::string_view::npos) return std::string(text);
  std::string out(text.substr(0, scheme_end + kSchemeEnd.size()));
  text.remove_prefix(out.size());

  const std::string_view authority = text.substr(0, text.find_first_of("/?#"));
  text.remove_prefix(authority.size());
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos) {
    out += kMask;
    out += authority.substr(at);
  } else {
    out += authority;
  }

  const std::string_view before_fragment = text.substr(0, text.find('#'));
  const std::string_view path = before_fragment.substr(0, before_fragment.find('?'));
  AppendMaskedPath(path, out);
  if (path.size() < before_fragment.size()) {
    out.push_back('?');
    AppendMaskedQuery(before_fragment.substr(path.size() + 1), out);
  }
  // Nothing of a provider's URL belongs after '#'.
  if (before_fragment.size() < text.size()) out.append("#").append(kMask);
  return out;
}

// NOLINTNEXTLINE(misc-no-recursion)
void WriteMaskedMembers(const simdjson::dom::object& fields, JsonWriter& json) {
  for (const auto member : fields) {
    json.Key(member.key);
    if (IsSecretName(member.key) && !member.value.is_bool()) {
      json.Value(kMask);
    } else {
      WriteMasked(member.value, json);
    }
  }
}

}  // namespace tidemark::admin_api
