import type { Command } from "commander";
import { EXIT_CODES } from "./exit-codes.ts";

/** `docs/cli/`: file names and texts, made from the program itself. */
export function commandPages(program: Command): ReadonlyMap<string, string> {
  const commands = program.commands;
  return new Map([
    ["README.md", indexPage(commands)],
    ...commands.map((command) => [`${command.name()}.md`, commandPage(command)] as const),
  ]);
}

const NOTE = "<!-- Made by packages/cli/scripts/generate-docs.ts from the program; do not edit. -->";

function indexPage(commands: readonly Command[]): string {
  return [
    NOTE,
    "",
    "# Commands",
    "",
    "| command | what it does |",
    "| --- | --- |",
    ...commands.map(
      (command) => `| [\`${command.name()}\`](${command.name()}.md) | ${cell(command.description())} |`,
    ),
    "",
    "Every command takes `-o table` (the default), `-o json` or `-o yaml`.",
    "",
    "## Exit codes",
    "",
    "| code | meaning |",
    "| --- | --- |",
    ...Object.values(EXIT_CODES).map(({ code, meaning }) => `| ${code} | ${cell(meaning)} |`),
    "",
  ].join("\n");
}

function commandPage(command: Command): string {
  return [NOTE, "", ...sectionOf(command, "#", ""), ""].join("\n");
}

function sectionOf(command: Command, heading: string, before: string): readonly string[] {
  const name = `${before}${command.name()}`;
  const help = command.createHelp();
  const options = help.visibleOptions(command).filter(({ long }) => long !== "--help");
  const subcommands = command.commands.filter((sub) => sub.name() !== "help");
  return [
    `${heading} ${name}`,
    "",
    sentence(command.description()),
    "",
    ...(subcommands.length > 0 ? [] : [`    sluice ${usage(command, name, options.length > 0)}`, ""]),
    ...(options.length === 0
      ? []
      : [
          "| option | meaning |",
          "| --- | --- |",
          ...options.map(
            (option) =>
              `| \`${option.flags.replaceAll("|", "\\|")}\` | ${cell(
                [
                  option.description,
                  option.argChoices ? `one of ${option.argChoices.join(", ")}` : "",
                  typeof option.defaultValue === "string" ? `default: ${option.defaultValue}` : "",
                  option.mandatory ? "required" : "",
                ]
                  .filter((part) => part !== "")
                  .join("; "),
              )} |`,
          ),
          "",
        ]),
    ...subcommands.flatMap((sub) => sectionOf(sub, `${heading}#`, `${name} `)),
  ];
}

function usage(command: Command, name: string, hasOptions: boolean): string {
  const words = command.registeredArguments.map((argument) => {
    const shown = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${shown}>` : `[${shown}]`;
  });
  return [name, ...words, ...(hasOptions ? ["[options]"] : [])].join(" ");
}

function sentence(text: string): string {
  const whole = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return cell(/[.!?]$/.test(whole) ? whole : `${whole}.`);
}

/** In Markdown outside of code, and inside a table. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
}
