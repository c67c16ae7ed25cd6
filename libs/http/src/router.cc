#include "tidemark/http/router.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <set>
#include <utility>

#include "target.h"

namespace tidemark::http {
namespace {

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }

std::string_view ParameterName(std::string_view segment) {
  return segment.substr(1, segment.size() - 2);
}

bool SegmentMatches(std::string_view pattern, std::string_view segment) {
  return IsParameter(pattern) ? !segment.empty() : pattern == segment;
}

bool IsWellFormed(std::string_view path_template) {
  if (!path_template.starts_with('/')) return false;
  std::set<std::string_view> names;
  for (const std::string_view segment : Segments(path_template)) {
    const bool has_brace = segment.find_first_of("{}") != std::string_view::npos;
    if (!has_brace) continue;
    if (segment.size() < 3 || segment.front() != '{' || segment.back() != '}') return false;
    const std::string_view name = ParameterName(segment);
    if (name.find_first_of("{}") != std::string_view::npos) return false;
    if (!names.insert(name).second) return false;
  }
  return true;
}

/// The method and the template with every parameter's name left out: equal for two routes that
/// answer the same requests.
std::string Shape(const Route& route) {
  std::string shape(ToString(route.method));
  for (const std::string_view segment : Segments(route.path)) {
    shape.append("/").append(IsParameter(segment) ? "{}" : segment);
  }
  return shape;
}

}  // namespace

Status CheckRoutes(std::span<const Route> routes) {
  std::set<std::string> shapes;
  for (const Route& route : routes) {
    const std::string name = std::string(ToString(route.method)) + " " + route.path;
    if (!IsWellFormed(route.path)) {
      return MakeError(ErrorCode::kInternal, "malformed template: " + name);
    }
    if (route.method == Method::kHead) {
      return MakeError(ErrorCode::kInternal, "HEAD is implied by GET: " + name);
    }
    if (!shapes.insert(Shape(route)).second) {
      return MakeError(ErrorCode::kInternal, "answers the same requests as another: " + name);
    }
  }
  return {};
}

Router::Router(std::vector<Route> routes, Fallback fallback)
    : routes_(std::move(routes)), fallback_(std::move(fallback)) {
  assert(CheckRoutes(routes_).has_value());
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto segments = Segments(routes_[i].path);
    patterns_.push_back({.segments = {segments.begin(), segments.end()}, .route = i});
  }
  std::ranges::sort(patterns_, [](const Pattern& a, const Pattern& b) {
    return std::ranges::lexicographical_compare(
        a.segments, b.segments,
        [](const auto& x, const auto& y) { return !IsParameter(x) && IsParameter(y); });
  });
}

std::vector<const Router::Pattern*> Router::Match(std::string_view path) const {
  const std::vector<std::string_view> segments = Segments(path);
  std::vector<const Pattern*> matches;
  for (const Pattern& pattern : patterns_) {
    if (std::ranges::equal(pattern.segments, segments, SegmentMatches)) matches.push_back(&pattern);
  }
  return matches;
}

Reply Router::Dispatch(Request& request) const {
  const std::vector<const Pattern*> matches = Match(request.path);
  const Method wanted = request.method == Method::kHead ? Method::kGet : request.method;
  const auto found = std::ranges::find_if(
      matches, [&](const Pattern* pattern) { return routes_[pattern->route].method == wanted; });
  if (found == matches.end()) return RefuseMatched(request, matches);

  const Pattern& pattern = **found;
  request.route = pattern.route;
  const std::vector<std::string_view> segments = Segments(request.path);
  request.path_params.clear();
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!IsParameter(pattern.segments[i])) continue;
    auto value = PercentDecode(segments[i]);
    if (!value) return Refuse(request, 400, "the path holds an invalid percent escape");
    request.path_params.emplace(ParameterName(pattern.segments[i]), *std::move(value));
  }
  return routes_[pattern.route].handler(request);
}

Reply Router::Refuse(const Request& request, int status, std::string_view message) const {
  return fallback_(request, status, message);
}

Reply Router::RefuseMethod(Request& request) const {
  return RefuseMatched(request, Match(request.path));
}

Reply Router::RefuseMatched(Request& request, std::span<const Pattern* const> matches) const {
  request.route.reset();
  if (matches.empty()) return Refuse(request, 404, "there is nothing at this path");
  request.route = matches.front()->route;

  std::string allow;
  for (const Method allowed :
       {Method::kGet, Method::kPost, Method::kPut, Method::kDelete, Method::kOptions}) {
    const bool has_route = std::ranges::any_of(
        matches, [&](const Pattern* pattern) { return routes_[pattern->route].method == allowed; });
    if (!has_route) continue;
    if (!allow.empty()) allow += ", ";
    allow += allowed == Method::kGet ? "GET, HEAD" : ToString(allowed);
  }
  Reply reply = Refuse(request, 405, "this path has only " + allow);
  reply.headers.push_back({.name = "Allow", .value = std::move(allow)});
  return reply;
}

}  // namespace tidemark::http
