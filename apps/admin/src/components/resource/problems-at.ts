import type { ConfigProblem } from "./config-types.ts";

/** The first error (else warning) that stands at exactly this field, or at a part of it that has no control of its own. */
export function problemAt(
  problems: readonly ConfigProblem[],
  path: string,
  below = false,
): ConfigProblem | undefined {
  const matching = problems.filter(
    (problem) =>
      problem.path === path ||
      (below && (problem.path.startsWith(`${path}.`) || problem.path.startsWith(`${path}[`))),
  );
  return matching.find((problem) => problem.severity === "error") ?? matching[0];
}

export function worstOf(problems: readonly ConfigProblem[]): ConfigProblem["severity"] | undefined {
  if (problems.some((problem) => problem.severity === "error")) return "error";
  return problems.length > 0 ? "warning" : undefined;
}
