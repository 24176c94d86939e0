import type { Compiled } from "./manifest.ts";
import { type Problem, problemsBelow } from "./problem.ts";

/** A configuration with this one problem. */
export function refuse(path: string, message: string): Compiled<never> {
  return { ok: false, problems: [{ path, message, severity: "error" }] };
}

/** Takes what was compiled of a message part by part: its value, or `undefined` and what is wrong goes to `problems`. */
export function gatherProblems(problems: Problem[]): <T>(compiled: Compiled<T>) => T | undefined {
  return (compiled) => {
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return undefined;
  };
}

/** What was compiled of a part of a message, with its problems' paths from the message on. `path`: of the part. */
export function compiledBelow<T>(path: string, compiled: Compiled<T>): Compiled<T> {
  return compiled.ok ? compiled : { ok: false, problems: problemsBelow(path, compiled.problems) };
}
