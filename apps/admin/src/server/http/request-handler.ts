import type { IncomingMessage, ServerResponse } from "node:http";
import { readSettings } from "@sluice/config";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { openApiDocument } from "../api/openapi-document.ts";
import { API_ROOT } from "../api/operations.ts";
import { serveApi } from "../api/serve-api.ts";
import { AUDIT_EXPORT_PATH, serveAuditExport } from "../api/serve-audit-export.ts";
import { readSession, type SignedIn } from "../auth/session.ts";
import { serveBackup } from "../backup/serve-backup.ts";
import { checkHealth, type HealthSources } from "../health/health.ts";
import type { Services } from "../services.ts";
import { serveWebhook, WEBHOOK_ROOT } from "../source/serve-webhook.ts";
import { appRouter } from "../trpc/app-router.ts";
import { configContext } from "../trpc/trpc.ts";
import { APPLIANCE_HEADER } from "./appliance-header.ts";
import type { RequestLimiter } from "./request-limiter.ts";
import { isForeignRead, isSameOrigin } from "./same-origin.ts";
import { setSecurityHeaders } from "./security-headers.ts";
import { SESSION_HEADER, writeSessionHeader } from "./session-header.ts";
import { sendWebResponse, webHeaders, webRequest } from "./web-request.ts";

export interface RequestHandlerOptions {
  readonly services: Services;
  readonly publicUrl: string | undefined;
  /** Browsers come over TLS: to us, or to what stands before us. */
  readonly https: boolean;
  readonly limiter: RequestLimiter;
  readonly health: HealthSources;
  /** Next's own handler. */
  readonly pages: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
}

const BODY_BYTES_MAX = 8 << 20;
const BODY_DEADLINE_MS = 60_000;
const AUTH_BODY_BYTES_MAX = 16 << 10;
const PASSKEY_ADD_PATH = "/api/auth/passkey/verify-registration";
/** What is offered of better-auth; the rest (sign-up, user deletion, …) does not exist here. */
const AUTH_PATHS = new Set([
  "/api/auth/sign-in/email",
  "/api/auth/sign-in/social",
  "/api/auth/sign-out",
  "/api/auth/get-session",
  "/api/auth/change-password",
  "/api/auth/passkey/generate-register-options",
  PASSKEY_ADD_PATH,
  "/api/auth/passkey/generate-authenticate-options",
  "/api/auth/passkey/verify-authentication",
  "/api/auth/two-factor/enable",
  "/api/auth/two-factor/disable",
  "/api/auth/two-factor/verify-totp",
  "/api/auth/two-factor/verify-backup-code",
  "/api/auth/two-factor/generate-backup-codes",
]);
/** Where an OpenID provider sends the browser back to. */
const SIGN_ON_CALLBACK = /^\/api\/auth\/callback\/[a-z0-9-]{1,32}$/;
const OPEN_PAGES = new Set(["/sign-in", "/accept", "/icon.svg", "/favicon.ico"]);

/** Every HTTP request of the dashboard, in one place: who may reach what, and which room answers. */
export function createRequestHandler(
  options: RequestHandlerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { services, publicUrl, https } = options;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { csp, nonce } = setSecurityHeaders(response, https);
    const url = URL.parse(request.url ?? "/", "http://local");
    if (!url) return sendJson(response, 400, { message: "This is not an address." });
    const path = url.pathname;
    if (path === "/api/health") {
      const health = await checkHealth(options.health);
      return sendJson(response, health.ready ? 200 : 503, health);
    }
    if (path.startsWith("/api/")) return await handleApi(request, response, url);
    if (path.startsWith("/_next/static/")) return await options.pages(request, response);
    const session = await readSession(services, webHeaders(request));
    if (!session && !OPEN_PAGES.has(path)) return redirect(response, signInAddress(url));
    if (session && path === "/sign-in") return redirect(response, "/");
    tellPages(request, session, csp, nonce);
    if (session) await tellAppliance(request);
    await options.pages(request, response);
  }

  async function tellAppliance(request: IncomingMessage): Promise<void> {
    const { name, timeZone } = await readSettings(services);
    request.headers[APPLIANCE_HEADER] = encodeURIComponent(JSON.stringify({ name, timeZone }));
  }

  async function handleApi(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const path = url.pathname;
    response.setHeader("cache-control", "no-store");
    const waitSeconds = options.limiter.take(request);
    if (waitSeconds > 0) {
      response.setHeader("retry-after", String(waitSeconds));
      return sendJson(response, 429, { message: `Too many requests; try again in ${waitSeconds} s.` });
    }
    const signOn = request.method === "GET" && SIGN_ON_CALLBACK.test(path);
    // A provider's page leads here; the state in the address and in a cookie say whether it was asked to.
    if (isForeignRead(request) && !signOn)
      return sendJson(response, 403, { message: "This request comes from another site." });
    if (request.method !== "GET" && request.method !== "HEAD" && !isSameOrigin(request, publicUrl))
      return sendJson(response, 403, { message: "This request comes from another site." });
    if (path.startsWith("/api/trpc/")) {
      return await nodeHTTPRequestHandler({
        router: appRouter,
        req: request,
        res: response,
        path: path.slice("/api/trpc/".length),
        maxBodySize: BODY_BYTES_MAX,
        createContext: async () => ({
          services,
          session: await readSession(services, webHeaders(request)),
        }),
      });
    }
    if (path === "/api/backup" || path === "/api/restore")
      return await serveBackup(request, response, path, services);
    if (path.startsWith(WEBHOOK_ROOT)) return await serveWebhook(request, response, path, services);
    if (path === "/api/openapi.json") return sendJson(response, 200, openApiDocument());
    if (path === AUDIT_EXPORT_PATH) {
      const session = await readSession(services, webHeaders(request));
      const context = session && configContext(services, session);
      return await serveAuditExport(request, response, url, context);
    }
    if (path.startsWith(API_ROOT)) return await serveApi(request, response, url, services);
    if (!AUTH_PATHS.has(path) && !signOn)
      return sendJson(response, 404, { message: "There is nothing here." });
    const origin = publicUrl ?? `${https ? "https" : "http"}://${request.headers.host ?? "localhost"}`;
    const webForm = await webRequest(request, origin, AUTH_BODY_BYTES_MAX);
    if (!webForm) return sendJson(response, 413, { message: "The request is too long." });
    const answer = await services.auth.handler(webForm);
    // better-auth calls it a failure of its own when what the authenticator gave is malformed.
    if (answer.status === 500 && path === PASSKEY_ADD_PATH)
      return sendJson(response, 400, { code: "PASSKEY_REFUSED", message: "The passkey could not be taken." });
    await sendWebResponse(response, answer);
  }

  return (request, response) => {
    boundBody(request);
    handle(request, response).catch((error: unknown) => {
      services.log.error({ err: error, url: request.url }, "a request failed");
      if (response.headersSent) response.destroy();
      else sendJson(response, 503, { message: "The server cannot answer now; its log says why." });
    });
  };
}

/** Whatever is sent must have come within a minute, but for a restore, which is as long as it is. */
function boundBody(request: IncomingMessage): void {
  if (request.complete || request.url?.startsWith("/api/restore")) return;
  const timer = setTimeout(() => request.destroy(), BODY_DEADLINE_MS);
  request.once("close", () => clearTimeout(timer)).once("end", () => clearTimeout(timer));
}

function tellPages(
  request: IncomingMessage,
  session: SignedIn | undefined,
  csp: string,
  nonce: string,
): void {
  request.headers["content-security-policy"] = csp;
  request.headers["x-nonce"] = nonce;
  delete request.headers[SESSION_HEADER];
  delete request.headers[APPLIANCE_HEADER];
  if (session) request.headers[SESSION_HEADER] = writeSessionHeader(session);
}

function signInAddress(url: URL): string {
  const wanted = `${url.pathname}${url.search.replace(/[?&]_rsc=[^&]*/, "")}`;
  return wanted === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(wanted)}`;
}

function redirect(response: ServerResponse, location: string): void {
  response.statusCode = 307;
  response.setHeader("location", location);
  response.setHeader("cache-control", "no-store");
  response.end();
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=utf-8");
  response.end(JSON.stringify(body));
}
