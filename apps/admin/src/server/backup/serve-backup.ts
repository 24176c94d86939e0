import type { IncomingMessage, ServerResponse } from "node:http";
import { ConfigError, type Context } from "@sluice/config";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { readSession } from "../auth/session.ts";
import { webHeaders } from "../http/web-request.ts";
import type { Services } from "../services.ts";
import { configErrorOf, trpcCodeOf } from "../trpc/config-error.ts";
import { configContext } from "../trpc/trpc.ts";
import { PASSPHRASE_LENGTH_MIN } from "./backup-frames.ts";
import { keepRestoredKeys } from "./keep-restored-keys.ts";
import { restoreBackup } from "./restore-backup.ts";
import { writeBackup } from "./write-backup.ts";

/** Of a restore, from its first byte to its last. */
export const RESTORE_DEADLINE_MS = 4 * 3_600_000;
const FORM_BYTES_MAX = 16 << 10;

/**
 * `POST /api/backup` with a passphrase, as a form or JSON, answers the file; `POST /api/restore` takes it, with the passphrase in
 * base64url as `sluice-passphrase`. Beside tRPC, because neither file fits into memory.
 */
export async function serveBackup(
  request: IncomingMessage,
  response: ServerResponse,
  path: "/api/backup" | "/api/restore",
  services: Services,
): Promise<void> {
  try {
    if (request.method !== "POST") return refuse(response, 405, "METHOD_NOT_ALLOWED", `${path} takes POST`);
    const session = await readSession(services, webHeaders(request));
    if (session === undefined) return refuse(response, 401, "UNAUTHORIZED", "Sign in first.");
    const context = configContext(services, session);
    if (path === "/api/backup") await sendBackup(request, response, context, services);
    else await takeBackup(request, response, context, services);
  } catch (error) {
    const refusal = configErrorOf(error);
    if (refusal === undefined || response.headersSent) throw error;
    const status = getHTTPStatusCodeFromError(new TRPCError({ code: trpcCodeOf(refusal.code) }));
    refuse(response, status, refusal.code, refusal.message);
  }
}

async function sendBackup(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
  { ring, authSecret }: Services,
): Promise<void> {
  const passphrase = checkPassphrase(await readPassphrase(request));
  const day = context.now().toISOString().slice(0, 16).replace(/[:T]/g, "-");
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("content-disposition", `attachment; filename="sluice-${day}.backup"`);
  await writeBackup(context, { keyRing: ring, authSecret }, passphrase, response);
}

async function takeBackup(
  request: IncomingMessage,
  response: ServerResponse,
  context: Context,
  services: Services,
): Promise<void> {
  const header = request.headers["sluice-passphrase"];
  const passphrase = checkPassphrase(
    typeof header === "string" ? Buffer.from(header, "base64url").toString("utf8") : undefined,
  );
  const restored = await restoreBackup(context, request, passphrase, (keys) =>
    keepRestoredKeys(services.environment, services.ring, keys),
  );
  services.log.warn("a backup was restored: start every process of this appliance again");
  sendJson(response, 200, restored);
}

function checkPassphrase(text: string | undefined): string {
  if (text !== undefined && text.length >= PASSPHRASE_LENGTH_MIN && text.length <= 1_024) return text;
  throw new ConfigError("bad_input", `a passphrase has at least ${PASSPHRASE_LENGTH_MIN} characters`);
}

async function readPassphrase(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > FORM_BYTES_MAX) throw new ConfigError("bad_input", "the request is too long");
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString("utf8");
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? ""))
    return new URLSearchParams(text).get("passphrase") ?? undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && "passphrase" in value
      ? String(value.passphrase)
      : undefined;
  } catch {
    return undefined;
  }
}

/** In the shape of the HTTP API's errors. */
function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.removeHeader("content-disposition");
  sendJson(response, status, { error: { code, message } });
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(`${JSON.stringify(body)}\n`);
}
