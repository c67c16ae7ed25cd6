#include "reply_text.h"

#include <array>
#include <cassert>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "ascii.h"

namespace tidemark::http {
namespace {

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";  // The phrase is for people; clients must not need it (RFC 9112 4).
  }
}

void AppendLine(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// For what is not known to be sound.
void AppendHeader(std::string& out, std::string_view name, std::string_view value) {
  const bool is_sound = IsToken(name) && IsFieldValue(value);
  assert(is_sound);
  if (is_sound) AppendLine(out, name, value);
}

bool CanHaveBody(int status) { return status != 204 && status != 304; }

void AppendHeadOf(std::string& out, const Reply& reply) {
  out.append("HTTP/1.1 ").append(fmt::format_int(reply.status).c_str());
  out.append(" ").append(ReasonPhrase(reply.status)).append("\r\n");
  if (CanHaveBody(reply.status)) {
    if (!reply.body.empty()) AppendHeader(out, "Content-Type", reply.content_type);
    AppendLine(out, "Content-Length", fmt::format_int(reply.body.size()).c_str());
  }
  for (const Header& header : reply.headers) AppendHeader(out, header.name, header.value);
}

void AppendFrame(std::string& out, const ReplyFrame& frame) {
  if (!frame.request_id.empty()) AppendHeader(out, "X-Request-Id", frame.request_id);
  if (!frame.date.empty()) AppendLine(out, "Date", frame.date);
  switch (frame.connection) {
    case ConnectionHeader::kNone:
      break;
    case ConnectionHeader::kKeepAlive:
      AppendLine(out, "Connection", "keep-alive");
      break;
    case ConnectionHeader::kClose:
      AppendLine(out, "Connection", "close");
      break;
  }
  out.append("\r\n");
}

}  // namespace

std::string FormatHttpDate(UtcTime time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return fmt::format(
      "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", kDays[std::chrono::weekday(day).c_encoding()],
      static_cast<unsigned>(date.day()), kMonths[static_cast<unsigned>(date.month()) - 1],
      static_cast<int>(date.year()), clock.hours().count(), clock.minutes().count(),
      clock.seconds().count());
}

PreparedReply::PreparedReply(Reply reply) : status_(reply.status) {
  AppendHeadOf(head_, reply);
  if (CanHaveBody(reply.status)) body_ = std::move(reply.body);
}

PreparedReply::PreparedReply(const PreparedReply& reply, const Header& header)
    : status_(reply.status_), head_(reply.head_), body_(reply.body_) {
  AppendHeader(head_, header.name, header.value);
}

void AppendReply(std::string& out, const Reply& reply, const ReplyFrame& frame) {
  AppendHeadOf(out, reply);
  AppendFrame(out, frame);
  if (CanHaveBody(reply.status) && frame.method != Method::kHead) out.append(reply.body);
}

void AppendReply(std::string& out, const PreparedReply& reply, const ReplyFrame& frame) {
  out.append(reply.head());
  AppendFrame(out, frame);
  if (frame.method != Method::kHead) out.append(reply.body());
}

}  // namespace tidemark::http
