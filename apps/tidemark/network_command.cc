// tidemark network list | head
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "text_table.h"

namespace tidemark::app {
namespace {

struct HeadOptions {
  std::string network;
  bool is_finalized = false;
  bool json = false;
};

std::string AgeOf(JsonValue head) {
  const auto age_ms = UnsignedOf(head, "age_ms");
  return age_ms ? fmt::format("{}s ago", *age_ms / 1000) : "-";
}

/// "PROVIDER_UNREACHABLE: local: cannot connect"; "-" if all is well.
std::string ProblemOf(JsonValue head) {
  const auto reason = TextOf(head, "reason");
  if (!reason) return "-";
  const auto detail = TextOf(head, "detail");
  return detail ? fmt::format("{}: {}", *reason, *detail) : *reason;
}

Status RunList(const Invocation& invocation, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get("/networks"));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"NETWORK"},
                   {"LATEST", Align::kRight},
                   {"FINALIZED", Align::kRight},
                   {"SOURCE"},
                   {"SEEN", Align::kRight},
                   {"PROBLEM"}});
  for (const JsonValue network : ArrayOf(document.root(), "networks")) {
    const auto latest = MemberOf(network, "latest");
    const auto finalized = MemberOf(network, "finalized");
    table.AddRow({TextOrDash(network, "network"), latest ? NumberOrDash(*latest, "number") : "-",
                  finalized ? NumberOrDash(*finalized, "number") : "-",
                  latest ? TextOrDash(*latest, "source") : "-", latest ? AgeOf(*latest) : "-",
                  latest ? ProblemOf(*latest) : "-"});
  }
  return Print(table.Render());
}

Status RunHead(const Invocation& invocation, const HeadOptions& options) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer,
               client.Get(fmt::format("/networks/{}/head{}", http::PercentEncode(options.network),
                                      options.is_finalized ? "?tag=finalized" : "")));
  if (options.json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  const JsonValue head = document.root();
  return Print(fmt::format("{:<10}{}\n{:<10}{}\n{:<10}{}\n{:<10}{}\n{:<10}{}\n{:<10}{}\n",
                           "network", options.network, "block", NumberOrDash(head, "number"),
                           "hash", TextOrDash(head, "hash"), "source", TextOrDash(head, "source"),
                           "seen", AgeOf(head), "problem", ProblemOf(head)));
}

}  // namespace

void AddNetworkCommand(CLI::App& app, Invocation& invocation) {
  auto* network = app.add_subcommand("network", "Look at the heads of chains");
  network->require_subcommand(1);

  auto* list = network->add_subcommand("list", "List networks with their newest blocks");
  auto as_json = std::make_shared<bool>(false);
  list->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*list, invocation);
  list->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunList(invocation, *as_json); };
  });

  auto* head = network->add_subcommand("head", "Show the newest block of a network");
  auto options = std::make_shared<HeadOptions>();
  head->add_option("network", options->network, "Name of the network")->required();
  head->add_flag("--finalized", options->is_finalized, "The newest one that is final");
  head->add_flag("--json", options->json, "Print the API's answer");
  AddUrlOption(*head, invocation);
  head->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunHead(invocation, *options); };
  });
}

}  // namespace tidemark::app
