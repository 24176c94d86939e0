import { z } from "zod";
import { appRouter } from "../trpc/app-router.ts";
import { SUMMARIES } from "./summaries.ts";

/** One thing that the HTTP API does: a procedure of the dashboard's own API under an address of its own. */
export interface Operation {
  /** `version.publish` */
  readonly name: string;
  /** `/api/v1/version/publish` */
  readonly path: string;
  readonly kind: "query" | "mutation";
  readonly summary: string;
  /** JSON Schema of the input; undefined when it takes none. */
  readonly input: JsonSchema | undefined;
}

export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly [keyword: string]: unknown;
}

export const API_ROOT = "/api/v1/";

/** By path. Subscriptions are left out: they are live streams over a WebSocket. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  Object.entries(appRouter._def.procedures).flatMap(([name, procedure]) => {
    const definition = definitionOf(procedure);
    if (definition.type === "subscription") return [];
    const path = `${API_ROOT}${name.replaceAll(".", "/")}`;
    const summary = SUMMARIES[name] ?? name.replace(".", ": ");
    return [
      [path, { name, path, kind: definition.type, summary, input: inputOf(definition.inputs) }] as const,
    ];
  }),
);

interface Definition {
  readonly type: "query" | "mutation" | "subscription";
  readonly inputs: readonly unknown[];
}

/** tRPC keeps a procedure's kind and parsers in `_def`, on which its own adapters rely too. */
function definitionOf(procedure: unknown): Definition {
  return (procedure as { readonly _def: Definition })._def;
}

function inputOf(inputs: readonly unknown[]): JsonSchema | undefined {
  const [input] = inputs;
  if (!(input instanceof z.ZodType)) return undefined;
  const { $schema: _, ...schema } = z.toJSONSchema(input, {
    io: "input",
    unrepresentable: "any",
  }) as JsonSchema;
  return schema;
}
