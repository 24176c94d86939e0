import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Problem } from "@sluice/extension-api";
import { type ConfigProblem, checkYaml } from "@sluice/xds";
import { type Bootstrap, BootstrapSchema } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { isMap, isSeq, parseDocument, stringify, type YAMLMap } from "yaml";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { BOOTSTRAP_SUPPORTED_FIELDS } from "./bootstrap-supported-fields.ts";
import type { ServerOptions } from "./command-line.ts";
import { StartupError } from "./startup-error.ts";

export interface LoadedBootstrap {
  readonly message: Bootstrap;
  /** How the configuration is called in messages: its path, or `--config-yaml`. */
  readonly name: string;
  /** What the listeners are called that the configuration gives no name. */
  readonly generatedNames: ReadonlySet<string>;
  /** `file:line:column: path: message` for a problem found later. */
  explain(problem: Problem): string;
}

/** Reads, merges and checks the bootstrap. Throws a StartupError that lists everything that is wrong with it. */
export function loadBootstrap(options: Pick<ServerOptions, "configPath" | "configYaml">): LoadedBootstrap {
  const name = options.configPath ?? "--config-yaml";
  const file = options.configPath === undefined ? "" : readConfig(options.configPath);
  const text = mergeTexts(file, options.configYaml, name);
  const parsed = checkYaml(text, BootstrapSchema, { file: name });
  const errors = parsed.problems.filter((problem) => problem.severity === "error");
  if (errors.length > 0 || parsed.message === undefined) {
    throw new StartupError(errors.map((problem) => line(name, problem)).join("\n"));
  }
  const { message } = parsed;
  const explain = (problem: Problem): string => {
    const position = parsed.positionOf(problem.path);
    return line(name, position === undefined ? problem : { ...problem, position });
  };
  const refused = refuseUnsupportedFields(BootstrapSchema, message, BOOTSTRAP_SUPPORTED_FIELDS);
  if (refused.length > 0) throw new StartupError(refused.map(explain).join("\n"));
  // As in Envoy: without a name a listener of the bootstrap gets one that nobody else has.
  const generatedNames = new Set<string>();
  for (const listener of message.staticResources?.listeners ?? []) {
    if (listener.name !== "") continue;
    listener.name = randomUUID();
    generatedNames.add(listener.name);
  }
  return { message, name, generatedNames, explain };
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new StartupError(
      `cannot read the configuration: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function line(name: string, { path, message, position }: ConfigProblem): string {
  const where = position === undefined ? name : `${name}:${position.line}:${position.column}`;
  return `${where}: ${path === "" ? "" : `${path}: `}${message}`;
}

/** As Envoy merges `--config-yaml` over the file: messages field by field, lists one behind the other. */
function mergeTexts(file: string, inline: string | undefined, name: string): string {
  if (inline === undefined) return file;
  if (file.trim() === "") return inline;
  const base = parseDocument(file);
  const over = parseDocument(inline);
  for (const [document, where] of [
    [base, name],
    [over, "--config-yaml"],
  ] as const) {
    const [error] = document.errors;
    if (error !== undefined) throw new StartupError(`${where}: ${error.message}`);
  }
  if (!isMap(base.contents) || !isMap(over.contents)) return inline;
  mergeMaps(base.contents, over.contents);
  return stringify(base);
}

function mergeMaps(base: YAMLMap, over: YAMLMap): void {
  for (const { key, value } of over.items) {
    const existing = base.get(key, true);
    if (isMap(existing) && isMap(value)) mergeMaps(existing, value);
    else if (isSeq(existing) && isSeq(value)) existing.items.push(...value.items);
    else base.set(key, value);
  }
}
