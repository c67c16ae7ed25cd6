// S3, and what speaks its protocol.
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <arrow/filesystem/s3fs.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <fmt/format.h>

#include "remote_settings.h"
#include "s3_client.h"
#include "s3_signature.h"
#include "tidemark/base/log.h"

namespace tidemark::object_store {
namespace {

Status StartSdk() {
  static std::once_flag once;
  static arrow::Status started;
  std::call_once(once, [] {
    arrow::fs::S3GlobalOptions options;
    // It would write to standard output; what fails is in our own errors.
    options.log_level = arrow::fs::S3LogLevel::Off;
    started = arrow::fs::InitializeS3(options);
  });
  if (started.ok()) return {};
  return MakeError(ErrorCode::kInternal,
                   fmt::format("cannot start the S3 client: {}", started.message()));
}

/// Puts what must not be printed into `secrets`.
Status SetCredentials(const Environment& environment, arrow::fs::S3Options& s3,
                      std::vector<std::string>& secrets) {
  const auto key = environment("AWS_ACCESS_KEY_ID");
  const auto secret = environment("AWS_SECRET_ACCESS_KEY");
  const auto token = environment("AWS_SESSION_TOKEN");
  TIDEMARK_TRY(const bool is_anonymous, ReadFlag(environment, "AWS_SKIP_SIGNATURE", false));
  if (is_anonymous) {
    s3.ConfigureAnonymousCredentials();
    return {};
  }
  if (key.has_value() != secret.has_value()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be set together");
  }
  if (!key) {
    s3.ConfigureDefaultCredentials();
    return {};
  }
  // Nothing else is looked for then: no file, no metadata service of a machine in the cloud.
  s3.ConfigureAccessKey(*key, *secret, token.value_or(""));
  secrets = {*secret, *key};
  if (token) secrets.push_back(*token);
  return {};
}

Status SetEndpoint(const Environment& environment, arrow::fs::S3Options& s3) {
  // Without one the SDK asks the metadata service, which most machines do not have.
  s3.region = FirstOf(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"}).value_or("us-east-1");
  TIDEMARK_TRY(s3.force_virtual_addressing,
               ReadFlag(environment, "AWS_VIRTUAL_HOSTED_STYLE_REQUEST", false));
  const auto url =
      FirstOf(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"});
  if (!url) return {};
  TIDEMARK_TRY(auto endpoint, ParseEndpoint("AWS_ENDPOINT_URL", *url));
  if (!endpoint.path.empty()) {
    return MakeError(ErrorCode::kInvalidArgument, "AWS_ENDPOINT_URL must have no path");
  }
  TIDEMARK_TRY(const bool may_be_http, ReadFlag(environment, "AWS_ALLOW_HTTP", true));
  if (endpoint.scheme == "http" && !may_be_http) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "AWS_ENDPOINT_URL begins with http, which AWS_ALLOW_HTTP=false forbids");
  }
  s3.scheme = std::move(endpoint.scheme);
  s3.endpoint_override = std::move(endpoint.authority);
  return {};
}

/// Of the whole chain of Arrow's client, which renews them in time.
S3Credentials CurrentCredentials(const arrow::fs::S3Options& s3) {
  S3Credentials current;
  // Three questions, between which they may be replaced.
  do {
    current = {.access_key = s3.GetAccessKey(),
               .secret_key = s3.GetSecretKey(),
               .session_token = s3.GetSessionToken()};
  } while (s3.GetAccessKey() != current.access_key);
  return current;
}

}  // namespace

RemoteStores::~RemoteStores() {
  if (!arrow::fs::IsS3Initialized()) return;
  if (const arrow::Status ended = arrow::fs::FinalizeS3(); !ended.ok()) {
    Log(LogLevel::kWarning, "s3_client_not_ended", {{"reason", ended.message()}});
  }
}

Result<RemoteFileSystem> OpenS3(const StoreUrl& url, const StoreOptions& options) {
  TIDEMARK_TRY(StartSdk());
  using Seconds = std::chrono::duration<double>;
  RemoteFileSystem remote{.place = PlaceOf(url), .files = nullptr, .s3 = nullptr};
  arrow::fs::S3Options s3;
  TIDEMARK_TRY(SetCredentials(options.environment, s3, remote.place.secrets));
  TIDEMARK_TRY(SetEndpoint(options.environment, s3));
  s3.connect_timeout = Seconds(options.connect_timeout).count();
  s3.request_timeout = Seconds(options.request_timeout).count();
  s3.retry_strategy = arrow::fs::S3RetryStrategy::GetAwsStandardRetryStrategy(options.attempts);
  auto files = arrow::fs::S3FileSystem::Make(s3);
  if (!files.ok()) return remote.place.Failure("open", "", files.status());
  remote.files = *std::move(files);
  remote.s3 = std::make_shared<S3Client>(
      S3ClientOptions{.bucket = url.bucket,
                      .region = s3.region,
                      .scheme = s3.scheme,
                      .authority = s3.endpoint_override,
                      .is_virtual_hosted = s3.force_virtual_addressing,
                      .credentials = [s3] { return CurrentCredentials(s3); },
                      .transport = {.connect_timeout = options.connect_timeout,
                                    .silence_timeout = options.request_timeout,
                                    .certificates_file = FindCertificates(options.environment)},
                      .attempts = options.attempts});
  return remote;
}

}  // namespace tidemark::object_store
