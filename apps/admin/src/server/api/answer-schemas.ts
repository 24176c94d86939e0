import made from "./answer-schemas.json" with { type: "json" };
import type { JsonSchema } from "./operations.ts";

/** What each operation answers, by its name, and the schemas that these refer to; made by `scripts/generate-answers.ts`. */
export const ANSWER_SCHEMAS: {
  readonly operations: Readonly<Record<string, JsonSchema>>;
  readonly schemas: Readonly<Record<string, JsonSchema>>;
} = made;
