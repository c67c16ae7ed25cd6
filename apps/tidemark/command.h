// What the subcommands share: how they are declared, and how the program ends.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tidemark/base/result.h"

namespace CLI {
class App;
}

namespace tidemark::app {

/// Exit codes, as `tidemark --help` lists them. A script may rely on them.
enum class ExitCode : std::uint8_t {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kNotFound = 3,
  kUnavailable = 5,
};

ExitCode ExitCodeOf(ErrorCode code);

/// Filled while the command line is read, acted on afterwards: a mistake in the last argument must
/// not leave half of a command done.
struct Invocation {
  std::string url = "http://127.0.0.1:1610";  // Of the Admin API.
  std::function<Status()> run;                // What the chosen subcommand does.
};

// Each adds its subcommand to `app`; `invocation` must outlive the parsing and the run.
void AddRunCommands(CLI::App& app, Invocation& invocation);
void AddAttachCommand(CLI::App& app, Invocation& invocation);
void AddDatasetCommand(CLI::App& app, Invocation& invocation);
void AddJobCommand(CLI::App& app, Invocation& invocation);
void AddProgressCommand(CLI::App& app, Invocation& invocation);
void AddProviderCommand(CLI::App& app, Invocation& invocation);
void AddTableCommand(CLI::App& app, Invocation& invocation);
void AddNetworkCommand(CLI::App& app, Invocation& invocation);
void AddCompletionCommand(CLI::App& app, Invocation& invocation);

/// Adds `progress` to the `job` command.
void AddJobProgressCommand(CLI::App& job, Invocation& invocation);
/// Adds `restore` to the `dataset` command.
void AddDatasetRestoreCommand(CLI::App& dataset, Invocation& invocation);

/// Adds --url, which also reads TIDEMARK_URL.
void AddUrlOption(CLI::App& app, Invocation& invocation);

/// A check for an option: empty if the text is a number from 0 to 2^64-1, else what is wrong. (The
/// parser of the options library takes -1 for 2^64-1.)
std::string CheckWholeNumber(const std::string& text);

}  // namespace tidemark::app
