// AWS Signature Version 4, as S3 wants it: what makes a request ours.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tidemark/base/clock.h"

namespace tidemark::object_store {

/// All empty: requests are not signed.
struct S3Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // Of temporary ones, else empty.
};

/// A header or a query's parameter, not encoded.
struct S3Field {
  std::string name;
  std::string value;
};

/// Every byte as %XX but the unreserved characters of RFC 3986 and '/'.
std::string EncodeS3Key(std::string_view key);

/// "a=1&b", encoded and in the order in which it is signed, which is a good one to send, too.
std::string MakeS3Query(const std::vector<S3Field>& parameters);

/// For the header content-md5, with which a store finds a body that was damaged on its way, and
/// without which it takes nothing into a bucket whose objects are locked. "" where there is no MD5.
std::string Base64Md5(std::string_view bytes);

/// "20130524T000000Z", for the header x-amz-date.
std::string FormatS3Time(UtcTime time);

/// What is signed. Every header that is to be, with a lower-case name, in any order: "host",
/// "x-amz-date" and "x-amz-content-sha256" must be among them.
struct S3Signable {
  std::string method;
  std::string path;   // Encoded, from its first '/'.
  std::string query;  // Of MakeS3Query.
  std::vector<S3Field> headers;
};

/// The value of the header Authorization.
std::string SignS3Request(const S3Signable& request, std::string_view region,
                          const S3Credentials& credentials);

}  // namespace tidemark::object_store
