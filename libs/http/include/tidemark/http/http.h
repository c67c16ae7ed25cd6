// Sockets and HTTP/1.1. Here: the server (listener, connections, limits), the router, and the
// client that the CLI and the providers use. Not here: datasets, JSON, what a route answers.
#pragma once

#include "tidemark/http/access_log.h"       // IWYU pragma: export
#include "tidemark/http/client.h"           // IWYU pragma: export
#include "tidemark/http/message.h"          // IWYU pragma: export
#include "tidemark/http/request_metrics.h"  // IWYU pragma: export
#include "tidemark/http/router.h"           // IWYU pragma: export
#include "tidemark/http/server.h"           // IWYU pragma: export
#include "tidemark/http/shortcut.h"         // IWYU pragma: export
