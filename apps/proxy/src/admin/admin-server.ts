import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Server } from "../server/server.ts";
import type { SocketSpec } from "../worker/worker-messages.ts";
import type { AdminAccess } from "./admin-access.ts";
import type { AdminCommand, AdminReply } from "./admin-command.ts";
import { ADMIN_COMMANDS } from "./admin-commands.ts";
import { helpText, indexPage } from "./help.ts";
import { sendPieces } from "./send-pieces.ts";

/** Envoy's admin interface: its paths, parameters and formats. */
export class AdminServer {
  readonly #server: Server;
  readonly #access: AdminAccess;
  readonly #http: HttpServer;

  constructor(server: Server, access: AdminAccess) {
    this.#server = server;
    this.#access = access;
    this.#http = createServer((request, response) => {
      const started = Date.now();
      const answer = async (reply: AdminReply): Promise<void> => {
        const bytes = await send(request, response, reply);
        access.log(request, response, reply, bytes, started);
      };
      this.#handle(request)
        .catch((error: unknown): AdminReply => ({ status: 500, body: `${String(error)}\n` }))
        .then(answer)
        .catch((error: unknown) => {
          server.log.error(`admin ${request.url ?? ""}: ${String(error)}`);
          response.destroy();
        });
    });
  }

  /** Resolves to the address that it listens on. */
  listen(spec: SocketSpec): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#http.once("error", reject);
      const options = spec.kind === "pipe" ? { path: spec.path } : { host: spec.host, port: spec.port };
      this.#http.listen(options, () => {
        const address = this.#http.address();
        const port = typeof address === "object" && address !== null ? address.port : 0;
        resolve(
          spec.kind === "pipe"
            ? spec.path
            : `${spec.host.includes(":") ? `[${spec.host}]` : spec.host}:${port}`,
        );
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage): Promise<AdminReply> {
    const url = readTarget(request.url ?? "/");
    if (!this.#access.allows(request.url ?? "/")) {
      return { status: 403, body: `request to path ${request.url ?? "/"} not allowed` };
    }
    if (url.pathname === "/") return { body: indexPage(ADMIN_COMMANDS), type: "text/html; charset=UTF-8" };
    const command = ADMIN_COMMANDS.find((each) => each.path === url.pathname);
    if (command === undefined) return { status: 404, body: `invalid path. ${helpText(ADMIN_COMMANDS)}` };
    const method = request.method ?? "GET";
    if (command.post === true && method !== "POST") {
      return { status: 405, body: `Method ${method} not allowed, POST required.` };
    }
    const body = method === "POST" ? await readBody(request) : "";
    const parameters = new URLSearchParams(url.search);
    const form = request.headers["content-type"] === "application/x-www-form-urlencoded";
    if (form) for (const [key, value] of new URLSearchParams(body)) parameters.append(key, value);
    return run(command, this.#server, parameters);
  }
}

/** `//` and the like are paths here, not hosts. */
function readTarget(target: string): { readonly pathname: string; readonly search: string } {
  const question = target.indexOf("?");
  if (question < 0) return { pathname: target, search: "" };
  return { pathname: target.slice(0, question), search: target.slice(question) };
}

async function run(command: AdminCommand, server: Server, parameters: URLSearchParams): Promise<AdminReply> {
  return command.run(server, parameters);
}

const BODY_BYTES_MAX = 64 * 1024;

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += buffer.length;
    if (bytes > BODY_BYTES_MAX) break;
    chunks.push(buffer);
  }
  return Buffer.concat(chunks).toString();
}

/** Answers how many octets the body has. */
async function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, after }: AdminReply,
): Promise<number> {
  response.writeHead(status ?? 200, {
    "content-type": type ?? "text/plain; charset=UTF-8",
    "cache-control": "no-cache, max-age=0",
    "x-content-type-options": "nosniff",
    server: "envoy",
  });
  let bytes = 0;
  if (request.method === "HEAD") response.end();
  else if (typeof body === "string") {
    bytes = Buffer.byteLength(body);
    response.end(body);
  } else {
    bytes = await sendPieces(response, body);
    response.end();
  }
  after?.();
  return bytes;
}
