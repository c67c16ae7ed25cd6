#include "lake.h"

#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tidemark/object_store/local_store.h"

namespace tidemark::conformance {
namespace {

std::unique_ptr<object_store::ObjectStore> OpenFolder(const std::filesystem::path& folder) {
  auto store = object_store::OpenLocalStore(folder);
  if (!store) throw std::runtime_error(store.error().message);
  return std::move(*store);
}

std::string Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr ==
            text.data() + i + 3) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::optional<http::Method> MethodOf(std::string_view word) {
  constexpr std::array kMethods = {http::Method::kGet, http::Method::kHead, http::Method::kPost,
                                   http::Method::kPut, http::Method::kDelete};
  for (const http::Method method : kMethods) {
    if (http::ToString(method) == word) return method;
  }
  return std::nullopt;
}

void ReadTarget(std::string_view target, http::Request& request) {
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  std::string_view query = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    request.query[Decode(pair.substr(0, equals))] =
        Decode(pair.substr(std::min(equals + 1, pair.size())));
  }
}

}  // namespace

Lake::Lake(std::string name, std::unique_ptr<metadata_db::MetadataStore> store,
           const std::filesystem::path& folder, const std::filesystem::path& manifests)
    : name_(std::move(name)),
      store_(std::move(store)),
      data_files_(OpenFolder(folder / "data")),
      manifest_files_(OpenFolder(manifests)),
      provider_files_(OpenFolder(folder / "providers")),
      data_(data_store::MakeDataStore(*store_, clock_)),
      jobs_(data_store::MakeJobs(*store_, clock_)),
      revisions_(data_store::MakeRevisions(*store_, *data_files_)),
      datasets_(dataset_store::MakeDatasetStore(*store_, *manifest_files_)),
      providers_(dataset_store::MakeProviderRegistry(*provider_files_)),
      router_(std::make_unique<http::Router>(
          admin_api::MakeRouter(admin_api::Services{.data = *data_,
                                                    .jobs = *jobs_,
                                                    .datasets = *datasets_,
                                                    .providers = *providers_,
                                                    .revisions = *revisions_,
                                                    .heads = heads_,
                                                    .is_read_only = store_->is_read_only()}))) {}

http::Reply Lake::Ask(std::string_view request) {
  const std::size_t space = request.find(' ');
  http::Request parsed;
  parsed.request_id = "request-1";
  ReadTarget(request.substr(space + 1), parsed);
  const std::optional<http::Method> method = MethodOf(request.substr(0, space));
  if (!method) return router_->RefuseMethod(parsed);
  parsed.method = *method;
  return router_->Dispatch(parsed);
}

std::string ToText(const http::Reply& reply) {
  std::string text = std::to_string(reply.status) + " " + reply.content_type + "\n";
  for (const http::Header& header : reply.headers) {
    text += header.name + ": " + header.value + "\n";
  }
  return text + reply.body;
}

}  // namespace tidemark::conformance
