import { createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readSource, requestCheck } from "@sluice/config";
import type { Services } from "../services.ts";
import { configErrorOf } from "../trpc/config-error.ts";

export const WEBHOOK_ROOT = "/api/webhook/source/";
const BODY_BYTES_MAX = 5 << 20;

/**
 * `POST /api/webhook/source/NAME`: look at the source now. Who calls proves the source's secret as GitHub, Gitea and Forgejo do (an HMAC
 * of the body), as GitLab does, or as a bearer token. What the body says does not matter: the source itself is asked. Wrong secrets and
 * unknown names are answered alike.
 */
export async function serveWebhook(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  services: Services,
): Promise<void> {
  const name = path.slice(WEBHOOK_ROOT.length);
  const body =
    request.method === "POST" && /^[a-z0-9-]{1,63}$/.test(name) ? await readBody(request) : undefined;
  const secret = body === undefined ? undefined : await secretOf(services, name);
  if (body === undefined || secret === undefined || !isProven(request, body, secret)) {
    response.statusCode = 404;
    response.end();
    return;
  }
  await requestCheck(services, name);
  response.statusCode = 202;
  response.end();
}

async function secretOf(services: Services, name: string): Promise<string | undefined> {
  try {
    return (await readSource(services, services.ring, name)).webhookSecret;
  } catch (error) {
    if (configErrorOf(error)?.code === "not_found") return undefined;
    throw error;
  }
}

function isProven(request: IncomingMessage, body: Buffer, secret: string): boolean {
  const header = (name: string): string | undefined => {
    const value = request.headers[name];
    return typeof value === "string" ? value : undefined;
  };
  const signature = header("x-hub-signature-256");
  if (signature !== undefined) {
    const wanted = createHmac("sha256", secret).update(body).digest("hex");
    return equal(signature, `sha256=${wanted}`);
  }
  const token = header("x-gitlab-token") ?? /^Bearer (.+)$/.exec(header("authorization") ?? "")?.[1];
  return token !== undefined && equal(token, secret);
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
