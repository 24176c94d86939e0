import type { Compiled, Problem } from "@sluice/extension-api";
import type { LoadedBootstrap } from "./load-bootstrap.ts";
import { StartupError } from "./startup-error.ts";

/** The value of what was compiled from the bootstrap; its problems end the start. */
export function settle<T>(bootstrap: LoadedBootstrap, compiled: Compiled<T>): T {
  if (compiled.ok) return compiled.value;
  throw startupError(bootstrap, compiled.problems, "");
}

/** Every problem with its place in the bootstrap. `path`: where the part of it is that they are about, "" for all. */
export function startupError(
  bootstrap: LoadedBootstrap,
  problems: readonly Problem[],
  path: string,
): StartupError {
  const lines = problems.map((problem) => {
    const inside = problem.path !== "" && path !== "" ? `.${problem.path}` : problem.path;
    return bootstrap.explain({ ...problem, path: `${path}${inside}` });
  });
  return new StartupError(lines.join("\n"));
}
