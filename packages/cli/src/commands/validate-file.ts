import { readFileSync } from "node:fs";
import { type ConfigProblem, parseYaml, validateMessage } from "@sluice/xds";
import { CliError } from "../cli-error.ts";

const BOOTSTRAP = "envoy.config.bootstrap.v3.Bootstrap";

/** Reads a bootstrap as a node would and returns every problem, the text's first. Needs no server. */
export function validateFile(file: string): readonly ConfigProblem[] {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = parseYaml(text, BOOTSTRAP, { file });
  const broken = parsed.problems.some((problem) => problem.severity === "error");
  if (broken || parsed.message === undefined) return parsed.problems;
  return [...parsed.problems, ...validateMessage(BOOTSTRAP, parsed.message)];
}

/** `file:line:column: error: path: message`, which editors and CI systems understand. */
export function formatProblem(file: string, problem: ConfigProblem): string {
  const place =
    problem.position === undefined ? file : `${file}:${problem.position.line}:${problem.position.column}`;
  return `${place}: ${problemText(problem)}`;
}

/** `error: path: message`. */
export function problemText({
  severity,
  path,
  message,
}: Pick<ConfigProblem, "severity" | "path" | "message">): string {
  return `${severity}: ${path === "" ? "" : `${path}: `}${message}`;
}
