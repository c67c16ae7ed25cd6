// Success as JSON.
#pragma once

#include <string>
#include <utility>

#include "tidemark/base/json_writer.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

inline http::Reply JsonReply(int status, std::string json) {
  http::Reply reply;
  reply.status = status;
  reply.body = std::move(json);
  return reply;
}

inline http::Reply JsonReply(int status, JsonWriter&& json) {
  return JsonReply(status, std::move(json).Take());
}

/// Success that has nothing to say.
inline http::Reply NoContent() {
  http::Reply reply;
  reply.status = 204;
  return reply;
}

}  // namespace tidemark::admin_api
