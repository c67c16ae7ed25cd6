// tidemark provider add | list | show | remove
#include <algorithm>
#include <fstream>
#include <memory>
#include <optional>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "admin_client.h"
#include "command.h"
#include "json_document.h"
#include "output.h"
#include "text_table.h"
#include "tidemark/base/json_writer.h"
#include "tidemark/dataset_store/provider_registry.h"
#include "tidemark/http/client.h"

namespace tidemark::app {
namespace {

struct AddOptions {
  std::string name;
  std::string file;
  std::string network;
  std::string rpc_url;
  std::optional<std::string> auth_header;
  std::string auth_token_file;
  std::optional<std::uint32_t> rate_limit_per_minute;
  std::optional<std::uint32_t> concurrent_request_limit;
  std::optional<std::uint32_t> rpc_batch_size;
  std::optional<std::uint32_t> timeout_secs;
};

// A provider file is small; what is longer is something else.
constexpr std::size_t kMaxFileBytes = 1U << 20U;

/// The fields of a provider file, as JSON.
Result<std::string> ReadFields(const AddOptions& options) {
  std::ifstream stream(options.file, std::ios::binary);
  if (!stream) return MakeError(ErrorCode::kNotFound, fmt::format("cannot read {}", options.file));
  std::string text(kMaxFileBytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto provider = dataset_store::ParseProviderFile(options.name, text);
  if (!provider) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{}: {}", options.file, provider.error().message));
  }
  return std::move(provider->fields_json);
}

/// The fields that the options of an evm-rpc provider say, as JSON.
Result<std::string> MakeFields(const AddOptions& options) {
  JsonWriter json;
  json.BeginObject();
  json.Field("kind", "evm-rpc").Field("network", options.network).Field("url", options.rpc_url);
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
  return std::move(json).Take();
}

Status RunAdd(const Invocation& invocation, const AddOptions& options) {
  TIDEMARK_TRY(const auto fields, options.file.empty() ? MakeFields(options) : ReadFields(options));
  std::string body = R"({"name":)";
  AppendJsonString(body, options.name);
  // There is a kind, so the object is not empty.
  body += "," + fields.substr(1);
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(client.Post("/providers", body));
  return {};
}

std::string PathOf(const std::string& name) { return "/providers/" + http::PercentEncode(name); }

/// Where a provider of any kind is.
std::string UrlOf(JsonValue provider) {
  if (auto url = TextOf(provider, "url")) return *std::move(url);
  if (const auto info = MemberOf(provider, "rpc_provider_info")) {
    return TextOf(*info, "url").value_or("-");
  }
  return TextOf(provider, "object_store_root").value_or("-");
}

Status RunList(const Invocation& invocation, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get("/providers"));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"PROVIDER"}, {"KIND"}, {"NETWORK"}, {"URL"}});
  for (const JsonValue provider : ArrayOf(document.root(), "providers")) {
    table.AddRow({TextOf(provider, "name").value_or("-"), TextOf(provider, "kind").value_or("-"),
                  TextOf(provider, "network").value_or("-"), UrlOf(provider)});
  }
  return Print(table.Render());
}

Status RunShow(const Invocation& invocation, const std::string& name, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(PathOf(name)));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  simdjson::dom::object fields;
  if (document.root().get(fields) != simdjson::SUCCESS) {
    return MakeError(ErrorCode::kInternal, "the answer is no JSON object");
  }
  std::size_t width = 0;
  for (const auto field : fields) width = std::max(width, field.key.size());
  std::string text;
  for (const auto field : fields) {
    std::string_view value_text;
    const bool is_text = field.value.get(value_text) == simdjson::SUCCESS;
    text += fmt::format("{:<{}}  {}\n", field.key, width,
                        is_text ? std::string(value_text) : simdjson::minify(field.value));
  }
  return Print(text);
}

Status RunRemove(const Invocation& invocation, const std::string& name) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(client.Delete(PathOf(name)));
  return {};
}

void AddAdd(CLI::App& provider, Invocation& invocation) {
  auto* add = provider.add_subcommand("add", "Add or replace a provider");
  auto options = std::make_shared<AddOptions>();
  add->add_option("name", options->name, "a-z, 0-9 and _")->required();
  auto* file = add->add_option("--file", options->file, "TOML file of a provider of any kind");
  std::vector<CLI::Option*> evm_rpc = {
      add->add_option("--network", options->network, "The network that its datasets name"),
      add->add_option("--rpc-url", options->rpc_url, "http or https URL of an evm-rpc node"),
      add->add_option("--auth-header", options->auth_header,
                      "Header for the token (Authorization)"),
      add->add_option("--auth-token-file", options->auth_token_file,
                      "File whose first line is the token"),
      add->add_option("--rate-limit-per-minute", options->rate_limit_per_minute, "Calls a minute")
          ->check(CheckWholeNumber),
      add->add_option("--concurrent-requests", options->concurrent_request_limit,
                      "HTTP requests under way at once")
          ->check(CheckWholeNumber),
      add->add_option("--batch-size", options->rpc_batch_size, "Blocks asked for in one request")
          ->check(CheckWholeNumber),
      add->add_option("--timeout-secs", options->timeout_secs, "Of one request")
          ->check(CheckWholeNumber)};
  for (CLI::Option* option : evm_rpc) file->excludes(option);
  AddUrlOption(*add, invocation);
  add->footer(
      "\nExamples:\n"
      "  tidemark provider add local --network anvil --rpc-url http://127.0.0.1:8545\n"
      "  tidemark provider add sol --file sol.toml");
  add->callback([=, &invocation] {
    if (options->file.empty() && (options->network.empty() || options->rpc_url.empty())) {
      throw CLI::RequiredError("--network with --rpc-url, or --file");
    }
    invocation.run = [=, &invocation] { return RunAdd(invocation, *options); };
  });
}

void AddList(CLI::App& provider, Invocation& invocation) {
  auto* list = provider.add_subcommand("list", "List providers");
  auto as_json = std::make_shared<bool>(false);
  list->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*list, invocation);
  list->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunList(invocation, *as_json); };
  });
}

void AddShow(CLI::App& provider, Invocation& invocation) {
  auto* show = provider.add_subcommand("show", "Show a provider without its secrets");
  auto name = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  show->add_option("name", *name)->required();
  show->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*show, invocation);
  show->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunShow(invocation, *name, *as_json); };
  });
}

void AddRemove(CLI::App& provider, Invocation& invocation) {
  auto* remove = provider.add_subcommand("remove", "Remove a provider");
  auto name = std::make_shared<std::string>();
  remove->add_option("name", *name)->required();
  AddUrlOption(*remove, invocation);
  remove->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunRemove(invocation, *name); };
  });
}

}  // namespace

void AddProviderCommand(CLI::App& app, Invocation& invocation) {
  auto* provider = app.add_subcommand("provider", "Say where blocks come from");
  provider->require_subcommand(1);
  AddAdd(*provider, invocation);
  AddList(*provider, invocation);
  AddShow(*provider, invocation);
  AddRemove(*provider, invocation);
}

}  // namespace tidemark::app
