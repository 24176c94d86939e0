import { RESOURCE_KINDS } from "@sluice/config/contract";
import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import type { CommandKit } from "../command-kit.ts";
import { OUTPUT_FORMATS } from "../output.ts";

/** `completion`. */
export function addCompletion({ command, program, surroundings }: CommandKit): void {
  command(
    "completion <shell>",
    "print a script that completes commands and options: bash, zsh or fish; `source <(sluice completion bash)`",
  ).action((shell: string) => {
    const entries = completionEntries(program);
    const script = SCRIPTS[shell];
    if (script === undefined) throw new CliError(`'${shell}' is no shell that is known: bash, zsh, fish`, 2);
    surroundings.write(script(entries));
  });
}

/** What may stand behind a command's words: `""` is the program itself, `test run` a command below another. */
interface CompletionEntry {
  readonly command: string;
  readonly description: string;
  readonly words: readonly CompletionWord[];
}

interface CompletionWord {
  readonly word: string;
  readonly description: string;
  /** Of an option: what may stand behind it, where that is known. */
  readonly values?: readonly string[] | undefined;
}

const SHELLS = ["bash", "zsh", "fish"];

/** What an argument of this name may be. */
const WORDS_OF: Readonly<Record<string, readonly string[]>> = {
  kind: RESOURCE_KINDS,
  shell: SHELLS,
  a: ["draft", "live"],
  b: ["draft", "live"],
};

function completionEntries(command: Command, path: readonly string[] = []): readonly CompletionEntry[] {
  const options = command.createHelp().visibleOptions(command);
  const output = { word: "--output", description: "table, json or yaml", values: OUTPUT_FORMATS };
  const global = path.length > 0 ? [output] : [];
  const own: CompletionEntry = {
    command: path.join(" "),
    description: command.description(),
    words: [
      ...command.commands.map((sub) => ({ word: sub.name(), description: firstOf(sub.description()) })),
      ...options.flatMap(({ long, description, argChoices }) =>
        long ? [{ word: long, description: firstOf(description), values: argChoices }] : [],
      ),
      ...global,
      ...command.registeredArguments.flatMap((argument) =>
        (WORDS_OF[argument.name()] ?? []).map((word) => ({ word, description: "" })),
      ),
    ],
  };
  return [own, ...command.commands.flatMap((sub) => completionEntries(sub, [...path, sub.name()]))];
}

function firstOf(text: string): string {
  return (text.split(/[;:(`]/, 1)[0] ?? "").trim();
}

const SCRIPTS: Readonly<Record<string, (entries: readonly CompletionEntry[]) => string>> = {
  bash: (entries) => `# bash completion of sluice
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${entries
  .filter(({ command }) => command !== "")
  .map(({ command }) => `      "${wordOf(command)}") path="${command}" ;;`)
  .join("\n")}
    esac
  done
  local words=""
  case "$path" in
${entries.map(({ command, words }) => `    "${command}") words="${words.map(({ word }) => word).join(" ")}" ;;`).join("\n")}
  esac
  case "$path $previous" in
${valueCases(entries, (path, option, values) => `    "${path} ${option}") words="${values.join(" ")}" ;;`)}
    *" -o") words="${OUTPUT_FORMATS.join(" ")}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _sluice sluice
`,
  zsh: (entries) => `#compdef sluice
_sluice() {
  local found="" word
  local -a candidates
  for word in \${words[2,CURRENT-1]}; do
    case "$found $word" in
${entries
  .filter(({ command }) => command !== "")
  .map(({ command }) => `      "${wordOf(command)}") found="${command}" ;;`)
  .join("\n")}
    esac
  done
  case "$found" in
${entries
  .map(
    ({ command, words }) =>
      `    "${command}") candidates=(${words.map(({ word, description }) => quoted(description === "" ? word : `${word}:${description}`)).join(" ")}) ;;`,
  )
  .join("\n")}
  esac
  case "$found \${words[CURRENT-1]}" in
${valueCases(entries, (path, option, values) => `    "${path} ${option}") candidates=(${values.join(" ")}) ;;`)}
    *" -o") candidates=(${OUTPUT_FORMATS.join(" ")}) ;;
  esac
  _describe 'sluice' candidates || _files
}
compdef _sluice sluice
`,
  fish: (entries) => `# fish completion of sluice
function __sluice_at
  set -l found ''
  for word in (commandline -opc)[2..-1]
    switch (string trim "$found $word")
      case ${entries
        .filter(({ command }) => command !== "")
        .map(({ command }) => `'${command}'`)
        .join(" ")}
        set found (string trim "$found $word")
    end
  end
  test "$found" = "$argv[1]"
end
complete -c sluice -f -n "__sluice_at ''"
${entries
  .flatMap(({ command, words }) =>
    words.map(({ word, description, values }) => {
      const given = values === undefined ? "" : ` -x -a ${quoted(values.join(" "))}`;
      const short = word === "--output" ? " -s o" : "";
      const what = word.startsWith("--") ? `-l ${word.slice(2)}${short}${given}` : `-f -a ${quoted(word)}`;
      return `complete -c sluice -n "__sluice_at '${command}'" ${what}${description === "" ? "" : ` -d ${quoted(description)}`}`;
    }),
  )
  .join("\n")}
`,
};

/** A line for each option of which it is known what may stand behind it. */
function valueCases(
  entries: readonly CompletionEntry[],
  line: (path: string, option: string, values: readonly string[]) => string,
): string {
  return entries
    .flatMap(({ command, words }) =>
      words.flatMap(({ word, values }) => (values === undefined ? [] : [line(command, word, values)])),
    )
    .join("\n");
}

/** What a script sees: the path so far, a space, the next word. */
function wordOf(command: string): string {
  return command.includes(" ") ? command : ` ${command}`;
}

/** For the shells: in single quotes. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "")}'`;
}
