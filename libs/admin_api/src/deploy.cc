#include "deploy.h"

#include <algorithm>
#include <limits>

#include "datasets.h"
#include "json_body.h"
#include "json_reply.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

constexpr std::string_view kInvalidBody = "INVALID_BODY";

/// A node id, or a pattern of one with * and ?.
bool IsNodePattern(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  std::string as_id(text);
  std::ranges::replace_if(as_id, [](char c) { return c == '*' || c == '?'; }, 'x');
  return as_id.size() <= kLongest && IsNodeId(as_id);
}

Outcome<JobDescriptor> ReadDescriptor(const JsonBody& body, const DatasetVersion& version) {
  TIDEMARK_TRY(const auto end_text, body.OptionalText("end_block"));
  TIDEMARK_TRY(const auto end_block,
               Translate(ParseEndBlock(end_text),
                         {.failed = kInvalidBody, .invalid_argument = kInvalidBody}));
  TIDEMARK_TRY(const auto parallelism,
               body.OptionalNumber("parallelism", 1, std::numeric_limits<std::uint16_t>::max()));
  TIDEMARK_TRY(const auto verify, body.OptionalBool("verify"));
  return JobDescriptor{.version = version,
                       .end_block = end_block,
                       .max_writers = static_cast<std::uint16_t>(parallelism.value_or(1)),
                       .verify = verify.value_or(false)};
}

Outcome<std::optional<std::string>> ReadWorker(const JsonBody& body) {
  TIDEMARK_TRY(auto worker, body.OptionalText("worker_id"));
  if (worker && !IsNodePattern(*worker)) {
    return body.MustBe("worker_id", "a node id, or a pattern of one with * and ?");
  }
  return worker;
}

}  // namespace

Outcome<http::Reply> PostDeploy(const Services& services, const http::Request& request) {
  TIDEMARK_TRY(const auto body,
               JsonBody::Parse(request, kInvalidBody, JsonBody::IfEmpty::kNoMembers));
  TIDEMARK_TRY(const auto worker, ReadWorker(body));
  TIDEMARK_TRY(const auto dataset, DatasetInPath(services.datasets, request));
  TIDEMARK_TRY(const auto descriptor, ReadDescriptor(body, dataset.version));
  auto job = services.jobs.Deploy(descriptor, worker, request.deadline);
  if (!job && job.error().code == ErrorCode::kNotFound) {
    // The path names a dataset that is there; what is not there was asked for in the body.
    return MakeProblem(400, "WORKER_NOT_AVAILABLE", std::move(job).error().message);
  }
  TIDEMARK_TRY(const JobId id, Translate(std::move(job), {.failed = "SCHEDULER_ERROR",
                                                          .conflict = "ACTIVE_JOB_CONFLICT"}));
  JsonWriter json;
  json.BeginObject().Field("job_id", id.value).EndObject();
  return JsonReply(202, std::move(json));
}

}  // namespace tidemark::admin_api
