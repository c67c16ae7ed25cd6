// The heads of the networks, as their providers report them.
#pragma once

#include "problem.h"
#include "tidemark/admin_api/admin_api.h"
#include "tidemark/http/message.h"

namespace tidemark::admin_api {

/// GET /networks
///
/// 200 {"networks"}: by name, each with its "latest" and its "finalized" head.
Outcome<http::Reply> GetNetworks(const Services& services, const http::Request& request);

/// GET /networks/{network}/head?tag=latest
///
/// 200 with one head, also if it is not known: then its members are null and "reason" says why.
/// 404 NETWORK_NOT_FOUND for a network of which no provider is configured and no head is stored.
Outcome<http::Reply> GetNetworkHead(const Services& services, const http::Request& request);

}  // namespace tidemark::admin_api
