// tidemark dataset register | deploy | list | show | versions | manifest; restore has a file of its
// own
#include <fstream>
#include <iostream>
#include <iterator>
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
#include "tidemark/dataset_store/evm_rpc_manifest.h"
#include "tidemark/dataset_store/manifest.h"
#include "tidemark/model/job.h"

namespace tidemark::app {
namespace {

struct RegisterOptions {
  std::string dataset;
  std::string manifest_file;
  std::string network;
  std::uint64_t start_block = 0;
  bool finalized_blocks_only = false;
  std::string tag;
};

struct DeployOptions {
  std::string reference;
  std::optional<std::string> end_block;
  std::optional<std::string> worker_id;
  std::optional<std::uint16_t> parallelism;
};

Result<std::string> ReadManifest(const std::string& file) {
  std::string text;
  if (file == "-") {
    text.assign(std::istreambuf_iterator<char>(std::cin), {});
  } else {
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return MakeError(ErrorCode::kNotFound, fmt::format("cannot read {}", file));
    text.assign(std::istreambuf_iterator<char>(stream), {});
  }
  return text;
}

Result<std::string> ManifestText(const RegisterOptions& options) {
  if (!options.manifest_file.empty()) return ReadManifest(options.manifest_file);
  TIDEMARK_TRY(auto manifest, dataset_store::MakeEvmRpcManifest(
                                  {.network = options.network,
                                   .start_block = BlockNumber{options.start_block},
                                   .finalized_blocks_only = options.finalized_blocks_only}));
  return std::move(manifest.canonical_json);
}

Status RunRegister(const Invocation& invocation, const RegisterOptions& options) {
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(options.dataset));
  TIDEMARK_TRY(const auto manifest, ManifestText(options));
  // Read here first, so that a mistake is named without a server, and so that what goes into the
  // request below is JSON.
  TIDEMARK_TRY(const auto parsed, dataset_store::ParseManifest(manifest));
  JsonWriter json;
  json.BeginObject();
  json.Field("namespace", reference.dataset.ns).Field("name", reference.dataset.name);
  if (!options.tag.empty()) json.Field("version", options.tag);
  json.Key("manifest").Raw(parsed.canonical_json);
  json.EndObject();
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Post("/datasets", json.text()));
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  return Print(fmt::format("{}@{}\n", ToString(reference.dataset),
                           TextOf(document.root(), "manifest_hash").value_or("")));
}

Status RunDeploy(const Invocation& invocation, const DeployOptions& options) {
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(options.reference));
  TIDEMARK_TRY(ParseEndBlock(options.end_block));
  JsonWriter json;
  json.BeginObject().Field("end_block", options.end_block);
  if (options.worker_id) json.Field("worker_id", *options.worker_id);
  if (options.parallelism) json.Field("parallelism", *options.parallelism);
  json.EndObject();
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Post(VersionPath(reference) + "/deploy", json.text()));
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  return Print(fmt::format("{}\n", UnsignedOf(document.root(), "job_id").value_or(0)));
}

Status RunList(const Invocation& invocation, const bool& as_json) {
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get("/datasets"));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  TextTable table({{"DATASET"}, {"LATEST"}, {"VERSIONS"}});
  for (const JsonValue dataset : ArrayOf(document.root(), "datasets")) {
    std::string versions;
    for (const JsonValue version : ArrayOf(dataset, "versions")) {
      std::string_view text;
      if (version.get(text) != simdjson::SUCCESS) continue;
      if (!versions.empty()) versions += ", ";
      versions += text;
    }
    table.AddRow(
        {TextOf(dataset, "namespace").value_or("?") + "/" + TextOf(dataset, "name").value_or("?"),
         TextOf(dataset, "latest_version").value_or("-"), versions.empty() ? "-" : versions});
  }
  return Print(table.Render());
}

Status RunShow(const Invocation& invocation, const std::string& text, const bool& as_json) {
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(text));
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(VersionPath(reference)));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  const JsonValue root = document.root();
  std::string tables;
  for (const JsonValue table : ArrayOf(root, "tables")) {
    std::string_view name;
    if (table.get(name) != simdjson::SUCCESS) continue;
    if (!tables.empty()) tables += ", ";
    tables += name;
  }
  return Print(fmt::format("{:<15}{}\n{:<15}{}\n{:<15}{}\n{:<15}{}\n{:<15}{}\n{:<15}{}\n",
                           "dataset", ToString(reference.dataset), "revision", reference.revision,
                           "manifest", TextOf(root, "manifest_hash").value_or("-"), "kind",
                           TextOf(root, "kind").value_or("-"), "start block",
                           UnsignedOf(root, "start_block").value_or(0), "tables", tables));
}

Status RunVersions(const Invocation& invocation, const std::string& text, const bool& as_json) {
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(text));
  if (text.contains('@')) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("all versions are listed: use {}", ToString(reference.dataset)));
  }
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer,
               client.Get(fmt::format("/datasets/{}/{}/versions", reference.dataset.ns,
                                      reference.dataset.name)));
  if (as_json) return Print(answer + "\n");
  TIDEMARK_TRY(const auto document, JsonDocument::Parse(answer));
  const auto tags = MemberOf(document.root(), "special_tags");
  const auto latest = tags ? TextOf(*tags, "latest") : std::nullopt;
  const auto dev = tags ? TextOf(*tags, "dev") : std::nullopt;
  const auto versions = ArrayOf(document.root(), "versions");
  // The API knows no unknown dataset, only one without versions.
  if (versions.empty() && !dev) {
    return MakeError(ErrorCode::kNotFound,
                     fmt::format("there is no dataset {}", ToString(reference.dataset)));
  }
  TextTable table({{"VERSION"}, {"MANIFEST"}, {"CREATED"}});
  for (const JsonValue version : versions) {
    std::string name = TextOf(version, "version").value_or("?");
    if (name == latest) name += " (latest)";
    table.AddRow({std::move(name), TextOf(version, "manifest_hash").value_or("-"),
                  TextOf(version, "created_at").value_or("-")});
  }
  if (dev) table.AddRow({"dev", *dev, "-"});
  return Print(table.Render());
}

Status RunManifest(const Invocation& invocation, const std::string& text) {
  TIDEMARK_TRY(const auto reference, ParseDatasetReference(text));
  TIDEMARK_TRY(auto client, AdminClient::Make(invocation.url));
  TIDEMARK_TRY(const auto answer, client.Get(VersionPath(reference) + "/manifest"));
  return Print(answer + "\n");
}

void AddRegister(CLI::App& dataset, Invocation& invocation) {
  auto* command = dataset.add_subcommand("register", "Register a version of a dataset");
  auto options = std::make_shared<RegisterOptions>();
  command->add_option("dataset", options->dataset, "NS/NAME")->required();
  auto* manifest = command->add_option("--manifest", options->manifest_file,
                                       "Manifest file of any kind, - for standard input");
  auto* network = command->add_option("--network", options->network,
                                      "Make an evm-rpc manifest for this network");
  command->add_option("--start-block", options->start_block, "First block, with --network")
      ->check(CheckWholeNumber)
      ->needs(network);
  command->add_flag("--finalized-blocks-only", options->finalized_blocks_only, "With --network")
      ->needs(network);
  manifest->excludes(network);
  command->add_option("--tag", options->tag, "Semantic version for it, for example 1.0.0");
  AddUrlOption(*command, invocation);
  command->footer("\nExample:\n  tidemark dataset register demo/anvil --network anvil --tag 1.0.0");
  command->callback([=, &invocation] {
    if (options->manifest_file.empty() && options->network.empty()) {
      throw CLI::RequiredError("--manifest or --network");
    }
    invocation.run = [=, &invocation] { return RunRegister(invocation, *options); };
  });
}

void AddDeploy(CLI::App& dataset, Invocation& invocation) {
  auto* command = dataset.add_subcommand("deploy", "Start the job that writes a version's tables");
  auto options = std::make_shared<DeployOptions>();
  command->add_option("dataset", options->reference, "NS/NAME[@REVISION]")->required();
  command->add_option(
      "--end-block", options->end_block,
      "Last block: a number, latest, or -N for N before latest; none: follow the head");
  command
      ->add_option("--parallelism", options->parallelism,
                   "How many parts of what is missing are written at once, up to 32 (1)")
      ->check(CLI::Range(1, 65'535));
  command->add_option("--worker-id", options->worker_id, "Node id, or a pattern with * and ?");
  AddUrlOption(*command, invocation);
  command->footer("\nPrints the job's id.\n\nExample:\n  tidemark dataset deploy demo/anvil@1.0.0");
  command->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunDeploy(invocation, *options); };
  });
}

void AddShow(CLI::App& dataset, Invocation& invocation) {
  auto* show = dataset.add_subcommand("show", "Show a version of a dataset");
  auto reference = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  show->add_option("dataset", *reference, "NS/NAME[@REVISION]")->required();
  show->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*show, invocation);
  show->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunShow(invocation, *reference, *as_json); };
  });
}

void AddVersions(CLI::App& dataset, Invocation& invocation) {
  auto* versions = dataset.add_subcommand("versions", "List the versions of a dataset");
  auto name = std::make_shared<std::string>();
  auto as_json = std::make_shared<bool>(false);
  versions->add_option("dataset", *name, "NS/NAME")->required();
  versions->add_flag("--json", *as_json, "Print the API's answer");
  AddUrlOption(*versions, invocation);
  versions->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunVersions(invocation, *name, *as_json); };
  });
}

void AddManifest(CLI::App& dataset, Invocation& invocation) {
  auto* manifest = dataset.add_subcommand("manifest", "Print the manifest of a version, as JSON");
  auto reference = std::make_shared<std::string>();
  manifest->add_option("dataset", *reference, "NS/NAME[@REVISION]")->required();
  AddUrlOption(*manifest, invocation);
  manifest->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunManifest(invocation, *reference); };
  });
}

}  // namespace

void AddDatasetCommand(CLI::App& app, Invocation& invocation) {
  auto* dataset = app.add_subcommand("dataset", "Register, deploy and look at datasets");
  dataset->require_subcommand(1);
  AddRegister(*dataset, invocation);
  AddDeploy(*dataset, invocation);
  AddDatasetRestoreCommand(*dataset, invocation);

  auto* list = dataset->add_subcommand("list", "List all datasets");
  auto list_json = std::make_shared<bool>(false);
  list->add_flag("--json", *list_json, "Print the API's answer");
  AddUrlOption(*list, invocation);
  list->callback([=, &invocation] {
    invocation.run = [=, &invocation] { return RunList(invocation, *list_json); };
  });

  AddShow(*dataset, invocation);
  AddVersions(*dataset, invocation);
  AddManifest(*dataset, invocation);
}

}  // namespace tidemark::app
