import type { Compiled } from "./manifest.ts";
import type { Problem } from "./problem.ts";

/** Takes what was compiled of a message part by part: its value, or `undefined` and what is wrong goes to `problems`. */
export function gatherProblems(problems: Problem[]): <T>(compiled: Compiled<T>) => T | undefined {
  return (compiled) => {
    if (compiled.ok) return compiled.value;
    problems.push(...compiled.problems);
    return undefined;
  };
}
