#include "deploy.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "datasets.h"
#include "json_body.h"
#include "json_reply.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::admin_api {
namespace {

using dataset_store::Dataset;

constexpr std::string_view kInvalidBody = "INVALID_BODY";

/// A node id, or a pattern of one with * and ?.
bool IsNodePattern(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  std::string as_id(text);
  std::ranges::replace_if(as_id, [](char c) { return c == '*' || c == '?'; }, 'x');
  return as_id.size() <= kLongest && IsNodeId(as_id);
}

/// The kind of job that makes the dataset's tables.
Outcome<JobKind> KindOfJob(const dataset_store::Manifest& manifest) {
  switch (manifest.origin) {
    case dataset_store::Origin::kChain:
      return JobKind::kMaterializeRaw;
    case dataset_store::Origin::kDatasets:
      return JobKind::kMaterializeDerived;
    case dataset_store::Origin::kFiles:
      break;
  }
  return MakeProblem(
      400, "UNSUPPORTED_DATASET_KIND",
      fmt::format("a dataset of kind {} is files that somebody keeps: there is no job to do",
                  manifest.kind));
}

Outcome<JobDescriptor> ReadDescriptor(const JsonBody& body, const Dataset& dataset) {
  TIDEMARK_TRY(const auto end_text, body.OptionalText("end_block"));
  TIDEMARK_TRY(const auto end_block,
               Translate(ParseEndBlock(end_text),
                         {.failed = kInvalidBody, .invalid_argument = kInvalidBody}));
  TIDEMARK_TRY(const auto parallelism,
               body.OptionalNumber("parallelism", 1, std::numeric_limits<std::uint16_t>::max()));
  TIDEMARK_TRY(const auto verify, body.OptionalBool("verify"));
  JobDescriptor descriptor{.version = dataset.version, .end_block = end_block};
  TIDEMARK_TRY(descriptor.kind, KindOfJob(dataset.manifest));
  // A derived job has neither; both are checked all the same.
  if (descriptor.kind == JobKind::kMaterializeRaw) {
    descriptor.max_writers = static_cast<std::uint16_t>(parallelism.value_or(1));
    descriptor.verify = verify.value_or(false);
  }
  return descriptor;
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
  TIDEMARK_TRY(const auto descriptor, ReadDescriptor(body, dataset));
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
