/** As much of the document at /api/openapi.json as its page reads. */
export interface OpenApi {
  readonly paths: Readonly<
    Record<string, { readonly get?: OperationObject; readonly post?: OperationObject }>
  >;
}

interface OperationObject {
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly required: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: Schema } } };
}

interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export interface ListedOperation {
  readonly tag: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly summary: string;
  readonly inputs: readonly { readonly name: string; readonly type: string; readonly required: boolean }[];
}

/** Every operation with its inputs in words, in the document's order. */
export function listOperations({ paths }: OpenApi): readonly ListedOperation[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    [["GET", item.get] as const, ["POST", item.post] as const].flatMap(([method, operation]) => {
      if (operation === undefined) return [];
      const body = operation.requestBody?.content["application/json"].schema;
      const inputs = body
        ? Object.entries(body.properties ?? {}).map(([name, schema]) => ({
            name,
            type: typeOf(schema),
            required: body.required?.includes(name) ?? false,
          }))
        : (operation.parameters ?? []).map(({ name, required, schema }) => ({
            name,
            required,
            type: typeOf(schema),
          }));
      return [{ tag: operation.tags[0] ?? "", method, path, summary: operation.summary, inputs }];
    }),
  );
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const union = schema.anyOf ?? schema.oneOf;
  if (union !== undefined) return [...new Set(union.map(typeOf))].join(" | ");
  if (schema.type === "array") return `${schema.items === undefined ? "any" : typeOf(schema.items)}[]`;
  return schema.type ?? "any";
}
