import type { Compiled } from "@sluice/extension-api";

/** The result of compiling a library's configuration, its problems where the filter has it. */
export function problemsBelow<T>(path: string, compiled: Compiled<T>): Compiled<T> {
  if (compiled.ok) return compiled;
  const problems = compiled.problems.map((problem) => ({ ...problem, path: `${path}.${problem.path}` }));
  return { ok: false, problems };
}
