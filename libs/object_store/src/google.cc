// Google Cloud Storage.
#include <optional>
#include <string>
#include <utility>

#include <arrow/filesystem/gcsfs.h>
#include <arrow/result.h>

#include "open_object.h"
#include "remote_settings.h"

namespace tidemark::object_store {
namespace {

// A key file has about 2,300 bytes.
constexpr std::uint64_t kMaxKeyFileBytes = 1ULL << 20U;

/// Errors: kInvalidArgument.
Result<std::string> ReadKeyFile(const std::string& file) {
  TIDEMARK_TRY(const auto opened, OpenObject(file, file));
  if (!opened || opened->info.size_bytes > kMaxKeyFileBytes) {
    return MakeError(ErrorCode::kInvalidArgument, file + " is no service account's key file");
  }
  return ReadFrom(opened->descriptor, {.begin = 0, .end = opened->info.size_bytes}, file);
}

Result<arrow::fs::GcsOptions> ReadCredentials(const Environment& environment) {
  if (const auto key = environment("GOOGLE_SERVICE_ACCOUNT_KEY")) {
    return arrow::fs::GcsOptions::FromServiceAccountCredentials(*key);
  }
  if (const auto file =
          FirstOf(environment, {"GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH"})) {
    TIDEMARK_TRY(const std::string key, ReadKeyFile(*file));
    return arrow::fs::GcsOptions::FromServiceAccountCredentials(key);
  }
  // GOOGLE_APPLICATION_CREDENTIALS, gcloud's file, or the machine's own account.
  return arrow::fs::GcsOptions::Defaults();
}

}  // namespace

Result<RemoteFileSystem> OpenGoogle(const StoreUrl& url, const StoreOptions& options) {
  RemoteFileSystem remote{.place = PlaceOf(url),
                          .files = nullptr,
                          .s3 = nullptr,
                          .listing = RemoteListing::kObjectsAlone};
  arrow::fs::GcsOptions google;
  if (const auto emulator = options.environment("STORAGE_EMULATOR_HOST")) {
    google = arrow::fs::GcsOptions::Anonymous();
    const bool has_scheme = emulator->find("://") != std::string::npos;
    TIDEMARK_TRY(auto endpoint, ParseEndpoint("STORAGE_EMULATOR_HOST",
                                              has_scheme ? *emulator : "http://" + *emulator));
    google.scheme = std::move(endpoint.scheme);
    google.endpoint_override = std::move(endpoint.authority);
  } else {
    TIDEMARK_TRY(google, ReadCredentials(options.environment));
  }
  google.retry_limit_seconds = std::chrono::duration<double>(options.retry_for).count();
  auto files = arrow::fs::GcsFileSystem::Make(google);
  if (!files.ok()) return remote.place.Failure("open", "", files.status());
  remote.files = *std::move(files);
  return remote;
}

}  // namespace tidemark::object_store
