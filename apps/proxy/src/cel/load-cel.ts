import { createRequire } from "node:module";
import type { Compiled } from "@sluice/extension-api";
import type { CelExpression, CelOptions, CelSource } from "./expression.ts";

const require = createRequire(import.meta.url);

/** Loads the library (some 100 modules' worth of work) with the first expression: a configuration without one pays nothing. */
export function compileCel(
  source: CelSource,
  path: string,
  options: CelOptions = {},
): Compiled<CelExpression> {
  const { compileExpression } =
    require("./compile-expression.ts") as typeof import("./compile-expression.ts");
  return compileExpression(source, path, options);
}
