#include "api_fixture.h"

#include <algorithm>
#include <charconv>
#include <fstream>

#include "json_schema.h"
#include "tidemark/metadata_db/memory_store.h"
#include "tidemark/object_store/local_store.h"

namespace tidemark::admin_api {
namespace {

using nlohmann::json;

constexpr std::string_view kRequestId = "request-1";

std::string Decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && text.size() - i > 2) {
      unsigned byte = 0;
      std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

http::Request MakeRequest(const Question& question) {
  http::Request request;
  request.method = question.method;
  request.body = question.body;
  request.headers = question.headers;
  request.request_id = kRequestId;
  const std::size_t mark = question.target.find('?');
  request.path = question.target.substr(0, mark);
  std::string_view query = mark == std::string::npos
                               ? std::string_view()
                               : std::string_view(question.target).substr(mark + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    const std::size_t equals = pair.find('=');
    request.query[Decode(pair.substr(0, equals))] =
        equals == std::string_view::npos ? "" : Decode(pair.substr(equals + 1));
  }
  return request;
}

std::vector<std::string_view> Segments(std::string_view path) {
  std::vector<std::string_view> segments;
  while (true) {
    const std::size_t slash = path.find('/');
    segments.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

/// The document's operation for a request; nullptr if it has none.
const json* OperationFor(const http::Request& request) {
  const auto segments = Segments(request.path);
  for (const auto& [path, operations] : OpenApi()["paths"].items()) {
    const auto patterns = Segments(path);
    const bool matches = std::ranges::equal(
        patterns, segments, [](std::string_view pattern, std::string_view segment) {
          return pattern.starts_with('{') ? !segment.empty() : pattern == segment;
        });
    if (!matches) continue;
    // HEAD is GET without the body, which the server leaves out.
    const bool is_head = request.method == http::Method::kHead;
    std::string method(http::ToString(is_head ? http::Method::kGet : request.method));
    for (char& c : method) c = static_cast<char>(c - 'A' + 'a');
    // A path of literals may share its requests with one of parameters.
    if (operations.contains(method)) return &operations[method];
  }
  return nullptr;
}

void CheckProblem(const http::Request& request, const http::Reply& reply, const json& body) {
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_EQ(body.value("status", 0), reply.status);
  EXPECT_EQ(body.value("detail", ""), body.value("error_message", "-"));
  EXPECT_EQ(body.value("request_id", ""), kRequestId);
  EXPECT_EQ(body.value("instance", ""), request.path);
}

void CheckAgainstDocument(const http::Request& request, const http::Reply& reply,
                          const json& body) {
  SCOPED_TRACE(std::string(http::ToString(request.method)) + " " + request.path.substr(0, 200) +
               " " + std::to_string(reply.status) + " " + reply.body.substr(0, 1000));
  if (request.method == http::Method::kOptions && reply.status == 200) {
    EXPECT_EQ(reply.body, "");
    return;
  }
  json schema = {{"$ref", "#/components/schemas/Problem"}};
  const json* const operation = OperationFor(request);
  // What the router refuses has no operation.
  if (operation != nullptr) {
    const std::string status = std::to_string(reply.status);
    ASSERT_TRUE((*operation)["responses"].contains(status)) << "this status is not documented";
    const json& documented = *Resolve(&(*operation)["responses"][status]);
    if (!documented.contains("content")) {
      EXPECT_EQ(reply.body, "");
      return;
    }
    ASSERT_TRUE(documented["content"].contains(reply.content_type)) << reply.content_type;
    schema = documented["content"][reply.content_type]["schema"];
    const json headers = documented.value("headers", json::object());
    for (const auto& [name, header] : headers.items()) {
      const bool is_optional = header.contains("required") && !header["required"];
      if (is_optional) continue;
      EXPECT_TRUE(std::ranges::any_of(reply.headers, [&](const http::Header& sent) {
        return sent.name == name;
      })) << name;
    }
  }
  for (const std::string& error : CheckSchema(schema, body, OpenApi())) ADD_FAILURE() << error;
}

}  // namespace

const json& OpenApi() {
  static const json kDocument = [] {
    std::ifstream file(std::string(TIDEMARK_DOCS) + "/openapi.json");
    return json::parse(file);
  }();
  return kDocument;
}

const json* Resolve(const json* value) {
  if (!value->contains("$ref")) return value;
  return &OpenApi().at(json::json_pointer((*value)["$ref"].get<std::string>().substr(1)));
}

std::optional<chain_heads::NetworkHeads> KnownHeads::Find(std::string_view network) const {
  const auto found = std::ranges::find(networks, network, &chain_heads::NetworkHeads::network);
  if (found == networks.end()) return std::nullopt;
  return *found;
}

std::optional<std::string> Answer::FindHeader(std::string_view name) const {
  for (const http::Header& header : headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

ApiFixture::ApiFixture()
    : local_(*object_store::OpenLocalStore(folder_.path())),
      objects_(*local_),
      memory_(metadata_db::MakeMemoryStore(clock_)),
      metadata_(*memory_),
      data_(data_store::MakeDataStore(metadata_, clock_)),
      jobs_(data_store::MakeJobs(metadata_, clock_)),
      datasets_(dataset_store::MakeDatasetStore(metadata_, objects_)),
      providers_(dataset_store::MakeProviderRegistry(objects_)),
      revisions_(data_store::MakeRevisions(metadata_, objects_)),
      router_(MakeRouter(MakeServices())) {}

Services ApiFixture::MakeServices() {
  return {.data = *data_,
          .jobs = *jobs_,
          .datasets = *datasets_,
          .providers = *providers_,
          .revisions = *revisions_,
          .heads = heads_,
          .is_read_only = false,
          .clock = clock_};
}

Answer ApiFixture::Ask(const Question& question) {
  http::Request request = MakeRequest(question);
  http::Reply reply = router_.Dispatch(request);
  Answer answer{.status = reply.status, .body = {}, .headers = reply.headers, .text = reply.body};
  const bool is_text = reply.content_type.starts_with("text/plain");
  if (!reply.body.empty() && !is_text) {
    answer.body = nlohmann::ordered_json::parse(reply.body, nullptr, false);
    EXPECT_FALSE(answer.body.is_discarded()) << reply.body;
  }
  const json body = is_text ? json(reply.body)
                            : json::parse(reply.body.empty() ? "{}" : reply.body, nullptr, false);
  if (reply.status >= 400) CheckProblem(request, reply, body);
  CheckAgainstDocument(request, reply, body);
  return answer;
}

void ApiFixture::RegisterEth(std::optional<std::string> version) {
  json body = {{"namespace", "eth"},
               {"name", "mainnet"},
               {"manifest", {{"kind", "evm-rpc"}, {"network", "mainnet"}}}};
  if (version) body["version"] = *version;
  ASSERT_EQ(Post("/datasets", body.dump()).status, 201);
}

void ApiFixture::StartWorker(std::string_view node_id) {
  ASSERT_TRUE(memory_->RegisterWorker(node_id, "{}", Deadline::Never()));
}

JobId ApiFixture::Deploy() {
  const Answer answer = Post("/datasets/eth/mainnet/versions/dev/deploy", "");
  EXPECT_EQ(answer.status, 202) << answer.text;
  return JobId{answer.body.value("job_id", std::int64_t{0})};
}

}  // namespace tidemark::admin_api
