// tidemark completion bash | zsh | fish
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "command.h"
#include "output.h"

namespace tidemark::app {
namespace {

struct Completion {
  std::string path;                // "dataset register"; empty for the program itself.
  std::vector<std::string> words;  // What may follow: subcommands and options.
};

void Collect(const CLI::App& app, const std::string& path, std::vector<Completion>& out) {
  Completion completion{.path = path, .words = {}};
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    completion.words.push_back(sub->get_name());
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) completion.words.push_back("--" + name);
  }
  out.push_back(std::move(completion));
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    Collect(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), out);
  }
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += " ";
    text += word;
  }
  return text;
}

// The words before the cursor that are no options name the subcommand, so far as they name one.
std::string BashScript(const std::vector<Completion>& completions) {
  std::string text = R"(_tidemark() {
  local current=${COMP_WORDS[COMP_CWORD]} path="" word words=""
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "${path:+$path }$word" in
)";
  std::string known;
  for (const Completion& completion : completions) {
    if (completion.path.empty()) continue;
    if (!known.empty()) known += "|";
    known += "'" + completion.path + "'";
  }
  text += "      " + known + ") path=\"${path:+$path }$word\" ;;\n    esac\n  done\n";
  text += "  case \"$path\" in\n";
  for (const Completion& completion : completions) {
    text += "    '" + completion.path + "') words='" + Joined(completion.words) + "' ;;\n";
  }
  text += R"(  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # Nothing of ours fits: a file, for --manifest, --config and --dir.
  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _tidemark tidemark
)";
  return text;
}

std::string FishScript(const std::vector<Completion>& completions) {
  std::string text = "complete -c tidemark -e\n";
  for (const Completion& completion : completions) {
    std::string condition = "__fish_use_subcommand";
    if (!completion.path.empty()) {
      condition = "string match -q -- 'tidemark " + completion.path + "*' (commandline -pc)";
    }
    for (const std::string& word : completion.words) {
      text += "complete -c tidemark -n \"" + condition + "\" ";
      text += word.starts_with("--") ? "-l " + word.substr(2) : "-f -a " + word;
      text += "\n";
    }
  }
  return text;
}

std::string Script(const CLI::App& app, const std::string& shell) {
  std::vector<Completion> completions;
  Collect(app, "", completions);
  if (shell == "fish") return FishScript(completions);
  std::string bash = BashScript(completions);
  if (shell == "bash") return bash;
  return "#compdef tidemark\nautoload -U +X bashcompinit && bashcompinit\n" + bash;
}

}  // namespace

void AddCompletionCommand(CLI::App& app, Invocation& invocation) {
  auto* command = app.add_subcommand("completion", "Print completions for a shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer("\nExample:\n  source <(tidemark completion bash)");
  command->callback([&app, &invocation, shell] {
    invocation.run = [&app, shell] { return Print(Script(app, *shell)); };
  });
}

}  // namespace tidemark::app
