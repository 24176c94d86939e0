import type { ConfigProblem } from "@sluice/xds";

/** The problem of a text with a placeholder that stands for nothing. */
export function secretMissing(placeholder: string): ConfigProblem {
  return {
    path: "",
    message: `${placeholder} stands for a secret that is not stored here; put the value in its place`,
    severity: "error",
  };
}
