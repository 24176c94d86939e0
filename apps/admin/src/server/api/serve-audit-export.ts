import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ConfigError, type Context, exportAudit } from "@sluice/config";
import { z } from "zod";
import { auditFilterInput, readAuditFilter } from "../trpc/audit/audit-input.ts";
import type { JsonSchema } from "./operations.ts";
import { readQuery } from "./read-query.ts";

export const AUDIT_EXPORT_PATH = "/api/v1/audit/export";

const FILTER_SCHEMA = z.toJSONSchema(auditFilterInput, { io: "input" }) as JsonSchema;

/** The audit log as JSON lines, as fast as the client reads. The address takes what `audit.list` takes. */
export async function serveAuditExport(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  context: Context | undefined,
): Promise<void> {
  if (request.method !== "GET") return refuse(response, 405, "METHOD_NOT_ALLOWED", "this takes GET");
  if (context === undefined) return refuse(response, 401, "UNAUTHORIZED", "Sign in first.");
  const filter = auditFilterInput.safeParse(readQuery(url.searchParams, FILTER_SCHEMA));
  if (!filter.success) return refuse(response, 400, "BAD_REQUEST", z.prettifyError(filter.error));
  try {
    const lines = await exportAudit(context, readAuditFilter(filter.data));
    response.setHeader("content-type", "application/x-ndjson; charset=utf-8");
    response.setHeader("content-disposition", 'attachment; filename="sluice-audit.jsonl"');
    await pipeline(Readable.from(lines), response);
  } catch (error) {
    if (error instanceof ConfigError && error.code === "forbidden")
      return refuse(response, 403, error.code, error.message);
    // The client went away; nobody is left to be told.
    if (!request.socket.destroyed) throw error;
  }
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(`${JSON.stringify({ error: { code, message } })}\n`);
}
