import type { ResourceKind } from "@sluice/config";
import { CliError } from "./cli-error.ts";

/** A whole number from 1; wrong usage otherwise. */
export function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new CliError(`'${text}' is not a number from 1`, 2);
  return number;
}

export function requiredNumber(text: string): number {
  const number = numberOf(text);
  if (number === undefined) throw new CliError("a number from 1 is missing", 2);
  return number;
}

/** Of `--timeout`, in milliseconds. */
export function timeoutOf(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new CliError(`--timeout '${text}' is not a number of seconds`, 2);
  return seconds * 1000;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, "": 1_000 };

/** `500ms`, `90s`, `5m`, `2h`; a bare number is seconds. */
export function durationOf(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|)$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? "none"];
  if (match === null || unit === undefined) {
    throw new CliError(`${option} '${text}': a time like 90s, 5m or 2h`, 2);
  }
  return Number(match[1]) * unit;
}

/** For options that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

const KINDS: Readonly<Record<ResourceKind, readonly string[]>> = {
  listeners: ["listener", "lds"],
  routes: ["route", "rds"],
  clusters: ["cluster", "cds"],
  endpoints: ["endpoint", "eds"],
  secrets: ["secret", "sds"],
};

/** `routes`, or as people and Envoy say: `route`, `rds`. Wrong usage otherwise. */
export function kindOf(text: string): ResourceKind {
  for (const [kind, names] of Object.entries(KINDS))
    if (kind === text || names.includes(text)) return kind as ResourceKind;
  throw new CliError(`'${text}' is no kind: use ${Object.keys(KINDS).join(", ")}`, 2);
}
