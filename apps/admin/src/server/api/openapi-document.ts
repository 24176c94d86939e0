import { ANSWER_SCHEMAS } from "./answer-schemas.ts";
import { type JsonSchema, OPERATIONS, type Operation } from "./operations.ts";

const FLAT = new Set(["string", "integer", "number", "boolean"]);
const REFUSALS: Readonly<Record<string, string>> = {
  400: "The input does not fit its schema; `details.issues` says where.",
  401: "Nobody is signed in: send `Authorization: Bearer <token>`.",
  403: "The permission is missing.",
  404: "There is no such thing.",
  409: "Somebody else changed it meanwhile, or it is there already.",
  412: "Nothing differs from what is live.",
  422: "What was sent is read but not valid; `details.problems` says what is wrong.",
};

/** The HTTP API as OpenAPI 3.1, made from the procedures themselves. */
export function openApiDocument(): object {
  return {
    openapi: "3.1.0",
    info: {
      title: "Sluice",
      version: "1",
      description:
        "Everything that the dashboard and the command line do. Sign in with `POST /api/auth/sign-in/email` (the answer's " +
        "`set-auth-token` header is the token), or take an API token, which `sluice token create` makes. Queries may be sent as GET, or as " +
        "POST with the input as JSON.",
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: [...new Set([...OPERATIONS.values()].map(tagOf))].map((name) => ({ name })),
    paths: Object.fromEntries(
      [...OPERATIONS.values()].map((operation) => [operation.path, pathItem(operation)]),
    ),
    components: {
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
      schemas: {
        ...ANSWER_SCHEMAS.schemas,
        Error: {
          type: "object",
          required: ["error"],
          properties: {
            error: {
              type: "object",
              required: ["code", "message"],
              properties: { code: { type: "string" }, message: { type: "string" }, details: {} },
            },
          },
        },
      },
    },
  };
}

function pathItem(operation: Operation): object {
  const flat = operation.kind === "query" && isFlat(operation.input);
  const shared = {
    tags: [tagOf(operation)],
    operationId: operation.name,
    summary: operation.summary,
    responses: {
      200: {
        description: "The answer.",
        content: { "application/json": { schema: ANSWER_SCHEMAS.operations[operation.name] ?? {} } },
      },
      ...Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [
          status,
          {
            description,
            content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
          },
        ]),
      ),
    },
  };
  if (flat) return { get: { ...shared, parameters: parametersOf(operation.input) } };
  const content = { "application/json": { schema: operation.input ?? {} } };
  return {
    post: operation.input === undefined ? shared : { ...shared, requestBody: { required: true, content } },
  };
}

function parametersOf(input: JsonSchema | undefined): readonly object[] {
  return Object.entries(input?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: "query",
    required: input?.required?.includes(name) ?? false,
    schema,
  }));
}

/** Whether an input can be written into an address without JSON in it. */
function isFlat(input: JsonSchema | undefined): boolean {
  return Object.values(input?.properties ?? {}).every(
    ({ type, anyOf }) =>
      FLAT.has(type ?? "") ||
      (anyOf?.every((each) => FLAT.has(each.type ?? "") || each.type === "null") ?? false),
  );
}

function tagOf({ name }: Operation): string {
  return name.split(".")[0] ?? name;
}
