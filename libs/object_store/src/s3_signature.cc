#include "s3_signature.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tidemark/base/sha256.h"
#include "tidemark/base/text.h"

namespace tidemark::object_store {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t kDateSize = 8;  // Of "20130524T000000Z".

using Digest = std::array<std::uint8_t, 32>;

Digest HmacSha256(std::span<const std::uint8_t> key, std::string_view bytes) {
  Digest digest{};
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), digest.data(), nullptr);
  return digest;
}

std::string Hex(const Digest& digest) {
  std::string hex;
  AppendHex(hex, digest);
  return hex;
}

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string Encode(std::string_view text, std::string_view kept) {
  std::string encoded;
  for (const char c : text) {
    if (IsUnreserved(c) || kept.find(c) != std::string_view::npos) {
      encoded.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(encoded), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string_view Trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// The key that is good for one day, one region and S3.
Digest DeriveKey(std::string_view secret_key, std::string_view date, std::string_view region) {
  const std::string first = fmt::format("AWS4{}", secret_key);
  Digest key = HmacSha256(
      std::span(reinterpret_cast<const std::uint8_t*>(first.data()), first.size()), date);
  for (const std::string_view step :
       {region, std::string_view("s3"), std::string_view("aws4_request")}) {
    key = HmacSha256(key, step);
  }
  return key;
}

std::string_view ValueOf(const std::vector<S3Field>& headers, std::string_view name) {
  const auto found = std::ranges::find(headers, name, &S3Field::name);
  return found == headers.end() ? std::string_view() : std::string_view(found->value);
}

}  // namespace

std::string EncodeS3Key(std::string_view key) { return Encode(key, "/"); }

std::string MakeS3Query(const std::vector<S3Field>& parameters) {
  std::vector<S3Field> encoded;
  encoded.reserve(parameters.size());
  for (const S3Field& parameter : parameters) {
    encoded.push_back({.name = Encode(parameter.name, ""), .value = Encode(parameter.value, "")});
  }
  std::ranges::sort(encoded, [](const S3Field& left, const S3Field& right) {
    return left.name != right.name ? left.name < right.name : left.value < right.value;
  });
  std::string query;
  for (const S3Field& parameter : encoded) {
    fmt::format_to(std::back_inserter(query), "{}{}={}", query.empty() ? "" : "&", parameter.name,
                   parameter.value);
  }
  return query;
}

std::string Base64Md5(std::string_view bytes) {
  std::array<std::uint8_t, 16> digest{};
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_md5(), nullptr) != 1) {
    return "";
  }
  std::array<std::uint8_t, 25> text{};  // 24 digits and a zero.
  const int size = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(digest.size()));
  return {text.begin(), text.begin() + size};
}

std::string FormatS3Time(UtcTime time) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", std::chrono::floor<std::chrono::seconds>(time));
}

std::string SignS3Request(const S3Signable& request, std::string_view region,
                          const S3Credentials& credentials) {
  std::vector<S3Field> headers = request.headers;
  std::ranges::sort(headers, {}, &S3Field::name);
  std::string names;
  std::string canonical = fmt::format("{}\n{}\n{}\n", request.method, request.path, request.query);
  for (const S3Field& header : headers) {
    fmt::format_to(std::back_inserter(canonical), "{}:{}\n", header.name, Trim(header.value));
    if (!names.empty()) names.push_back(';');
    names += header.name;
  }
  fmt::format_to(std::back_inserter(canonical), "\n{}\n{}", names,
                 ValueOf(headers, "x-amz-content-sha256"));

  const std::string_view time = ValueOf(headers, "x-amz-date");
  const std::string_view date = time.substr(0, kDateSize);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", date, region);
  const std::string signed_text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, scope, Sha256Hex(canonical));
  const Digest signature = HmacSha256(DeriveKey(credentials.secret_key, date, region), signed_text);
  return fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm,
                     credentials.access_key, scope, names, Hex(signature));
}

}  // namespace tidemark::object_store
