import type { Diagnostic } from "@codemirror/lint";
import type { ConfigProblem } from "../resource/config-types.ts";

/** Problems as marks in the text; one without a place stands at the first line. */
export function diagnosticsOf(problems: readonly ConfigProblem[], length: number): Diagnostic[] {
  return problems.map(({ position, message, severity, path }) => {
    const from = Math.min(position?.offset ?? 0, length);
    return {
      from,
      to: Math.max(from, Math.min(position?.endOffset ?? from, length)),
      severity,
      message: path && position === undefined ? `${path}: ${message}` : message,
    };
  });
}
