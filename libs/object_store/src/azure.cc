// Azure Blob Storage.
#include <optional>
#include <string>
#include <utility>

#include <arrow/filesystem/azurefs.h>
#include <arrow/result.h>
#include <fmt/format.h>

#include "remote_settings.h"

namespace tidemark::object_store {
namespace {

Status SetAccount(const StoreUrl& url, const Environment& environment,
                  arrow::fs::AzureOptions& azure) {
  const auto account =
      FirstOf(environment, {"AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT"});
  if (!url.account.empty() && account && *account != url.account) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("the URL names the account '{}' and AZURE_STORAGE_ACCOUNT_NAME"
                                 " another one",
                                 url.account));
  }
  azure.account_name = url.account.empty() ? account.value_or("") : url.account;
  if (azure.account_name.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "AZURE_STORAGE_ACCOUNT_NAME must be set: the URL names no account");
  }
  const auto server = FirstOf(environment, {"AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"});
  if (!server) return {};
  TIDEMARK_TRY(const auto endpoint, ParseEndpoint("AZURE_STORAGE_ENDPOINT", *server));
  // Arrow puts the account after the server by itself.
  if (!endpoint.path.empty() && endpoint.path != azure.account_name) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "AZURE_STORAGE_ENDPOINT must have no path but the account's name");
  }
  azure.blob_storage_scheme = azure.dfs_storage_scheme = endpoint.scheme;
  azure.blob_storage_authority = azure.dfs_storage_authority = endpoint.authority;
  return {};
}

/// Puts what must not be printed into `secrets`.
arrow::Status SetCredentials(const Environment& environment, arrow::fs::AzureOptions& azure,
                             std::vector<std::string>& secrets) {
  if (const auto key = FirstOf(
          environment,
          {"AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY", "AZURE_STORAGE_MASTER_KEY"})) {
    secrets = {*key};
    return azure.ConfigureAccountKeyCredential(*key);
  }
  if (const auto token =
          FirstOf(environment, {"AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"})) {
    secrets = {*token};
    const bool has_mark = token->starts_with('?');
    // Part of every URL, and so of what the SDK says about one.
    if (has_mark) secrets.push_back(token->substr(1));
    return azure.ConfigureSASCredential(has_mark ? *token : "?" + *token);
  }
  return azure.ConfigureDefaultCredential();
}

}  // namespace

Result<RemoteFileSystem> OpenAzure(const StoreUrl& url, const StoreOptions& options) {
  RemoteFileSystem remote{.place = PlaceOf(url), .files = nullptr, .s3 = nullptr};
  arrow::fs::AzureOptions azure;
  TIDEMARK_TRY(SetAccount(url, options.environment, azure));
  const arrow::Status has_credentials =
      SetCredentials(options.environment, azure, remote.place.secrets);
  if (!has_credentials.ok()) return remote.place.Failure("open", "", has_credentials);
  auto files = arrow::fs::AzureFileSystem::Make(azure);
  if (!files.ok()) return remote.place.Failure("open", "", files.status());
  remote.files = *std::move(files);
  return remote;
}

}  // namespace tidemark::object_store
