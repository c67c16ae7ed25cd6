// Object stores by their URL: a folder, a bucket of S3 or of Google Cloud Storage, a container of
// Azure Blob Storage.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tidemark/base/result.h"
#include "tidemark/object_store/object_store.h"

namespace tidemark::object_store {

/// The value of an environment variable; nullopt if it is not set or empty.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// The process's environment.
std::optional<std::string> ReadEnvironment(const std::string& name);

struct StoreOptions {
  /// Where endpoints and credentials come from. They are used, and never printed.
  Environment environment = ReadEnvironment;
  /// Of a local folder: see OpenLocalStore.
  StoreAccess access = StoreAccess::kReadWrite;
  /// For one connection to be made. S3 only.
  std::chrono::milliseconds connect_timeout{2000};
  /// Without a byte from the store a request has failed after this. S3 only.
  std::chrono::milliseconds request_timeout{5000};
  /// How often a request is made before it has failed. S3 only.
  int attempts = 3;
  /// How long a failing request is repeated. Google Cloud Storage only.
  std::chrono::milliseconds retry_for{15'000};
};

/// Lives in main, longer than every store. The client of S3 has threads that must have ended before
/// the process tears down what they use; once ended it cannot be started again, so no store may be
/// opened after this. Without S3 it does nothing.
class RemoteStores {
 public:
  RemoteStores() = default;
  RemoteStores(const RemoteStores&) = delete;
  RemoteStores& operator=(const RemoteStores&) = delete;
  ~RemoteStores();
};

/// Opens the store that a URL names. Except for a local folder nothing is asked yet: the first call
/// tells whether the store answers. With the default options a call to an S3 store that takes
/// connections and says nothing has failed after 20 seconds, a write after 40; where nobody
/// listens, at once.
///
///   /data, data, file:///data      a folder (OpenLocalStore)
///   s3://bucket/prefix, s3a://     AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN;
///                                  without a key the SDK's own chain (profile, role, instance);
///                                  AWS_SKIP_SIGNATURE=true: none. AWS_REGION or
///                                  AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or
///                                  AWS_ENDPOINT, with its paths, unless
///                                  AWS_VIRTUAL_HOSTED_STYLE_REQUEST=true; AWS_CA_BUNDLE.
///                                  Proxies of the environment are not used
///   gs://bucket/prefix             GOOGLE_SERVICE_ACCOUNT_KEY (the JSON), GOOGLE_SERVICE_ACCOUNT
///                                  or GOOGLE_SERVICE_ACCOUNT_PATH (its file), else the
///                                  application default credentials; STORAGE_EMULATOR_HOST
///   az://container/prefix          AZURE_STORAGE_ACCOUNT_NAME with AZURE_STORAGE_ACCOUNT_KEY or
///   azure:// adl:// abfs:// abfss://  AZURE_STORAGE_SAS_TOKEN, else the SDK's own chain;
///                                  AZURE_STORAGE_ENDPOINT. Also
///                                  abfss://container@account.dfs.core.windows.net/prefix
///
/// Of several writers of one S3 path one succeeds, by S3's own conditional writes; a write whose
/// answer is lost is looked after, and has failed only if its object is not there, though it may
/// come to be there later if the store was only slow. A server that says that it knows no such
/// condition (501) is written to without it, which the log tells once; with that one, with a server
/// that ignores the condition, and with Google and Azure, a writer has a look at the path just
/// before. The identity that writes to S3 needs s3:PutObject, s3:GetObject, s3:ListBucket and
/// s3:AbortMultipartUpload. An object over 8 MiB goes in parts; those of a process that is killed
/// are for a lifecycle rule of the bucket (AbortIncompleteMultipartUpload) to remove.
///
/// Paths of the store lie below the prefix. User names, passwords, queries and fragments are
/// refused in a URL: a URL is shown, and stored beside every file.
/// Errors: kInvalidArgument for a URL that is none of these, or an environment that contradicts
/// itself; kUnavailable if the local folder cannot be created or written to.
Result<std::unique_ptr<ObjectStore>> OpenStore(std::string_view url,
                                               const StoreOptions& options = {});

}  // namespace tidemark::object_store
