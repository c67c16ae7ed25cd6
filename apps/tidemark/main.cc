// tidemark: one binary, a subcommand each in a file of its own.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "command.h"
#include "tidemark/base/failpoint.h"
#include "tidemark/base/text.h"
#include "tidemark/object_store/open_store.h"
#include "version.h"

namespace tidemark::app {

ExitCode ExitCodeOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return ExitCode::kUsage;
    case ErrorCode::kNotFound:
      return ExitCode::kNotFound;
    case ErrorCode::kUnavailable:
      return ExitCode::kUnavailable;
    case ErrorCode::kConflict:
    case ErrorCode::kCorruption:
    case ErrorCode::kInternal:
      return ExitCode::kFailure;
  }
  return ExitCode::kFailure;
}

void AddUrlOption(CLI::App& app, Invocation& invocation) {
  app.add_option("--url", invocation.url, "Where the Admin API is; also TIDEMARK_URL")
      ->capture_default_str();
}

std::string CheckWholeNumber(const std::string& text) {
  return ParseDecimal<std::uint64_t>(text) ? "" : "'" + text + "' is no whole number";
}

namespace {

constexpr const char* kFooter = R"(
Examples:
  tidemark solo                                   run everything in this folder
  tidemark server --config amp.toml               answer over a database of Amp
  tidemark attach --config amp.toml --status      whether that database has a change feed
  tidemark provider add local --network anvil --rpc-url http://127.0.0.1:8545
  tidemark dataset register demo/anvil --network anvil --tag 1.0.0
  tidemark dataset deploy demo/anvil@1.0.0
  tidemark progress demo/anvil --watch

Exit codes: 0 ok, 1 failure, 2 usage, 3 not found, 5 unavailable.)";

int Main(int argc, char** argv) {
#ifdef TIDEMARK_FAILPOINTS
  if (const Status armed = ArmFailpointsFromEnvironment(); !armed) {
    fmt::print(stderr, "tidemark: {}\n", armed.error().message);
    return static_cast<int>(ExitCode::kUsage);
  }
#endif
  CLI::App app(
      "Sync progress of a blockchain data lake: is it fresh, is it healthy, how big is it.",
      "tidemark");
  app.footer(kFooter);
  app.set_version_flag("--version", fmt::format("tidemark {}", kVersion));
  app.require_subcommand(1);

  Invocation invocation;
  if (const char* url = std::getenv("TIDEMARK_URL"); url != nullptr && *url != '\0') {
    invocation.url = url;
  }
  AddRunCommands(app, invocation);
  AddAttachCommand(app, invocation);
  AddDatasetCommand(app, invocation);
  AddJobCommand(app, invocation);
  AddProgressCommand(app, invocation);
  AddTableCommand(app, invocation);
  AddProviderCommand(app, invocation);
  AddNetworkCommand(app, invocation);
  AddCompletionCommand(app, invocation);

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    // What was taken for no subcommand is the likelier mistake than that none was given.
    if (const auto unknown = app.remaining(true); !unknown.empty()) {
      fmt::print(stderr, "tidemark: there is no command '{}'; tidemark --help lists them\n",
                 unknown.front());
    } else {
      app.exit(error);
    }
    return static_cast<int>(ExitCode::kUsage);
  } catch (const CLI::ParseError& error) {
    // The library has codes of its own; ours are the documented ones.
    return static_cast<int>(app.exit(error) == 0 ? ExitCode::kOk : ExitCode::kUsage);
  }
  const Status status = invocation.run();
  if (status) return static_cast<int>(ExitCode::kOk);
  fmt::print(stderr, "tidemark: {}\n", status.error().message);
  return static_cast<int>(ExitCodeOf(status.error().code));
}

}  // namespace
}  // namespace tidemark::app

namespace {

int RunGuarded(int argc, char** argv) {
  const tidemark::object_store::RemoteStores remote_stores;
  try {
    return tidemark::app::Main(argc, argv);
  } catch (const std::exception& error) {
    // Nothing of ours throws this far; what a library throws still ends in one line.
    std::fputs("tidemark: ", stderr);
    std::fputs(error.what(), stderr);
    std::fputs("\n", stderr);
    return static_cast<int>(tidemark::app::ExitCode::kFailure);
  }
}

/// Ends the process without taking down what is static in it. A thread that connects to a database
/// may outlive the call that gave up on it, since nothing can end a look-up of a host name, and
/// would crash in OpenSSL if that were gone.
[[noreturn]] void End(int code) {
  std::fflush(nullptr);
#ifdef __SANITIZE_ADDRESS__
  __lsan_do_leak_check();
#endif
  std::_Exit(code);
}

}  // namespace

int main(int argc, char** argv) {
  // Writing to a peer that has gone is an error code here, never the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  End(RunGuarded(argc, argv));
}
