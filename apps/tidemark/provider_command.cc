// tidemark provider add | list
#include <fstream>
#include <memory>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "text_table.h"
#include "tidemark/base/json_writer.h"

namespace tidemark::app {
namespace {

struct AddOptions {
  std::string name;
  std::string network;
  std::string rpc_url;
  std::optional<std::string> auth_header;
  std::string auth_token_file;
  std::optional<std::uint32_t> rate_limit_per_minute;
  std::optional<std::uint32_t> concurrent_request_limit;
  std::optional<std::uint32_t> rpc_batch_size;
  std::optional<std::uint32_t> timeout_secs;
};

Status RunAdd(const Invocation& invocation, const AddOptions& options) {
  JsonWriter json;
  json.BeginObject();
  json.Field("name", options.name).Field("kind", "evm-rpc").Field("network", options.network);
  json.Field("url", options.rpc_url);
  if (options.auth_header) json.Field("auth_header", *options.auth_header);
  if (!options.auth_token_file.empty()) {
    std::ifstream file(options.auth_token_file);
    std::string token;
    if (!std::getline(file, token) || token.empty()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("no token in {}", options.auth_token_file));
    }
    json.Field("auth_token", token);
  }
  const auto add_limit = [&](std::string_view name, const std::optional<std::uint32_t>& value) {
    if (value) json.Field(name, *value);
  };
  add_limit("rate_limit_per_minute", options.rate_limit_per_minute);
  add_limit("concurrent_request_limit", options.concurrent_request_limit);
  add_limit("rpc_batch_size", options.rpc_batch_size);
  add_limit("timeout_secs", options.timeout_secs);
  json.EndObject();
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(client.Post("/providers", json.text()));
  return {};
}

Status RunList(const Invocation& invocation, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get("/providers"));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"PROVIDER"}, {"KIND"}, {"NETWORK"}, {"URL"}});
  for (const JsonValue provider : ArrayOf(document.root(), "providers")) {
    table.AddRow({TextOf(provider, "name").value_or("-"), TextOf(provider, "kind").value_or("-"),
                  TextOf(provider, "network").value_or("-"),
                  TextOf(provider, "url").value_or("-")});
  }
  return Print(table.Render());
}

}  // namespace

void AddProviderCommand(CLI::App& app, Invocation& invocation) {
  auto* provider = app.add_subcommand("provider", "Say where blocks come from");
  provider->require_subcommand(1);

  auto* add = provider->add_subcommand("add", "Add or replace an evm-rpc provider");
  auto options = std::make_shared<AddOptions>();
  add->add_option("name", options->name, "a-z, 0-9 and _")->required();
  add->add_option("--network", options->network, "The network that its datasets name")->required();
  add->add_option("--rpc-url", options->rpc_url, "http or https URL of the JSON-RPC node")
      ->required();
  add->add_option("--auth-header", options->auth_header, "Header for the token (Authorization)");
  add->add_option("--auth-token-file", options->auth_token_file,
                  "File whose first line is the token");
  add->add_option("--rate-limit-per-minute", options->rate_limit_per_minute, "Calls a minute")
      ->check(CheckWholeNumber);
  add->add_option("--concurrent-requests", options->concurrent_request_limit,
                  "HTTP requests under way at once")
      ->check(CheckWholeNumber);
  add->add_option("--batch-size", options->rpc_batch_size, "Blocks asked for in one request")
      ->check(CheckWholeNumber);
  add->add_option("--timeout-secs", options->timeout_secs, "Of one request")
      ->check(CheckWholeNumber);
  AddUrlOption(*add, invocation);
  add->footer(
      "\nExample:\n  tidemark provider add local --network anvil --rpc-url http://127.0.0.1:8545");
  add->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunAdd(invocation, *options); };
  });

  auto* list = provider->add_subcommand("list", "List providers");
  auto as_json = std::make_shared<bool>(false);
  list->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*list, invocation);
  list->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunList(invocation, *as_json); };
  });
}

}  // namespace tidemark::app
