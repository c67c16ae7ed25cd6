// Parts of a progress answer that are there only if they are asked for.
#pragma once

#include "problem.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// So that pollers do not pay for what they do not read, and so that the plain answer changes only
/// when progress does.
struct Includes {
  bool rate = false;
  bool gaps = false;
  bool health = false;
  bool head = false;
  bool rows = false;
};

/// From `include=rate,gaps`. Problems: 400 INVALID_QUERY_PARAMETERS.
Outcome<Includes> IncludesOf(const http::Request& request);

}  // namespace tidemark::admin_api
