import type { ContenderName } from "./contender.ts";

export interface BenchOptions {
  /** Seconds of load per round and proxy. */
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  readonly contenders: readonly ContenderName[];
  /** Absolute paths of checkouts whose Sluices take turns in place of the contenders. */
  readonly checkouts: readonly string[];
  log(line: string): void;
}

/** Numbers by name for one proxy: the median over the rounds, and each round's. */
export interface ScenarioRow {
  readonly name: string;
  readonly version: string;
  readonly median: Readonly<Record<string, number>>;
  readonly rounds: readonly Readonly<Record<string, number>>[];
}

export interface ScenarioResult {
  readonly rows: readonly ScenarioRow[];
  /** What must hold for the run to count as passed. */
  readonly gates: readonly { readonly text: string; readonly passed: boolean }[];
}

/** One thing that is measured. To add one: write a file in scenarios/ and list it in scenarios.ts. */
export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  /** What is measured, under which conditions. */
  readonly title: string;
  /** Names in `median` to print, in order, with their headings. */
  readonly columns: readonly (readonly [name: string, heading: string, digits: number])[];
  /** Whether Sluices of other checkouts can take turns in it. */
  readonly takesCheckouts?: true;
  run(options: BenchOptions): Promise<ScenarioResult>;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The median of each number that the rounds have. */
export function medians(rounds: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = new Set(rounds.flatMap((round) => Object.keys(round)));
  return Object.fromEntries(
    [...names].map((name) => [name, median(rounds.map((round) => round[name] ?? Number.NaN))]),
  );
}
