import type { IncomingMessage, ServerResponse } from "node:http";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { readSession } from "../auth/session.ts";
import { readBody } from "../http/read-body.ts";
import { webHeaders } from "../http/web-request.ts";
import type { Services } from "../services.ts";
import { appRouter } from "../trpc/app-router.ts";
import { configErrorOf } from "../trpc/config-error.ts";
import { OPERATIONS, type Operation } from "./operations.ts";
import { readQuery } from "./read-query.ts";

const BODY_BYTES_MAX = 8 << 20;

/** What a failed call answers. */
export interface ApiError {
  /** A `ConfigErrorCode` of a refusal, else tRPC's name for it: `UNAUTHORIZED`, `BAD_REQUEST` … */
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
}

type Reply = { readonly status: number; readonly body: unknown; readonly allow?: string };

/**
 * `/api/v1/…`: the dashboard's own procedures as plain JSON over HTTP, with the same sessions, tokens and roles. A query is a GET
 * with its input in the address, or a POST with a JSON body where that is too long or too deep; a change is a POST.
 */
export async function serveApi(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  services: Services,
): Promise<void> {
  const { status, body, allow } = await answer(request, url, services);
  response.statusCode = status;
  if (allow !== undefined) response.setHeader("allow", allow);
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(`${JSON.stringify(body, plain) ?? "null"}\n`);
}

async function answer(request: IncomingMessage, url: URL, services: Services): Promise<Reply> {
  const operation = OPERATIONS.get(url.pathname);
  if (operation === undefined)
    return refusal(404, {
      code: "NOT_FOUND",
      message: `there is no ${url.pathname}; /api/openapi.json lists what there is`,
    });
  const allow = operation.kind === "query" ? "GET, HEAD, POST" : "POST";
  if (!allow.split(", ").includes(request.method ?? ""))
    return {
      ...refusal(405, { code: "METHOD_NOT_ALLOWED", message: `${operation.path} takes ${allow}` }),
      allow,
    };
  const input =
    request.method === "POST"
      ? await readInput(request)
      : { value: readQuery(url.searchParams, operation.input) };
  if ("refused" in input) return refusal(input.refused, { code: "BAD_REQUEST", message: input.message });
  const session = await readSession(services, webHeaders(request));
  try {
    return { status: 200, body: await call(operation, input.value, { services, session }) };
  } catch (error) {
    return failure(error, services);
  }
}

async function call(
  { name }: Operation,
  input: unknown,
  context: Parameters<typeof appRouter.createCaller>[0],
): Promise<unknown> {
  // A caller is a function behind each of the router's own names; the names come from that router.
  const found = name
    .split(".")
    .reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], appRouter.createCaller(context));
  return await (found as (input: unknown) => Promise<unknown>)(input);
}

function failure(error: unknown, services: Services): Reply {
  if (!(error instanceof TRPCError)) throw error;
  const refused = configErrorOf(error.cause);
  const status = getHTTPStatusCodeFromError(error);
  if (refused !== undefined)
    return refusal(status, { code: refused.code, message: error.message, details: refused.details });
  if (error.code === "INTERNAL_SERVER_ERROR") {
    services.log.error({ err: error.cause ?? error }, "a request of the HTTP API failed");
    return refusal(500, {
      code: error.code,
      message: "Something went wrong on the server; its log says what.",
    });
  }
  const issues = issuesOf(error.cause);
  const message =
    issues === undefined
      ? error.message
      : issues.map(({ path, message: why }) => `${path}: ${why}`).join("; ");
  return refusal(status, {
    code: error.code,
    message,
    ...(issues === undefined ? {} : { details: { issues } }),
  });
}

/** Of an input that its schema refuses. */
function issuesOf(
  cause: unknown,
): readonly { readonly path: string; readonly message: string }[] | undefined {
  if (!(cause instanceof Error) || !("issues" in cause) || !Array.isArray(cause.issues)) return undefined;
  return cause.issues.map(({ path, message }: { path: readonly PropertyKey[]; message: string }) => ({
    path: path.map(String).join(".") || "input",
    message,
  }));
}

function refusal(status: number, error: ApiError): Reply {
  return { status, body: { error } };
}

async function readInput(
  request: IncomingMessage,
): Promise<{ readonly value: unknown } | { readonly refused: 400 | 413 | 415; readonly message: string }> {
  const body = await readBody(request, BODY_BYTES_MAX);
  if (body === undefined) return { refused: 413, message: `a body may have ${BODY_BYTES_MAX} bytes` };
  if (body.length === 0) return { value: undefined };
  const type = request.headers["content-type"] ?? "";
  if (!/^application\/json\b/i.test(type))
    return { refused: 415, message: "send the input as application/json" };
  try {
    return { value: JSON.parse(body.toString("utf8")) as unknown };
  } catch (error) {
    return { refused: 400, message: `the body is no JSON: ${error instanceof Error ? error.message : ""}` };
  }
}

function plain(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
