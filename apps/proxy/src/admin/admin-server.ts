import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Duplex } from "node:stream";
import { mergeSlashes, normalizePath } from "@sluice/matching";
import type { SocketSpec } from "../listener/listener-spec.ts";
import type { Server } from "../server/server.ts";
import type { AdminAccess } from "./admin-access.ts";
import type { AdminReply } from "./admin-command.ts";
import { ADMIN_COMMANDS } from "./admin-commands.ts";
import { readParameters } from "./admin-parameters.ts";
import { AdminStats } from "./admin-stats.ts";
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
    const stats = new AdminStats(server.stats.root());
    this.#http = createServer((request, response) => {
      const started = Date.now();
      stats.request(response);
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
    this.#http.on("connection", (socket) => stats.connection(socket));
    this.#http.on("clientError", refuseOctets);
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
    const given = request.url ?? "/";
    if (request.httpVersion === "1.0") return OLD_HTTP;
    if (given.includes("#")) return REFUSED;
    if (!given.startsWith("/")) return NO_PATH;
    const target = normalizePath(mergeSlashes(given));
    if (target === undefined) return REFUSED;
    if (!this.#access.allows(target)) {
      return { status: 403, body: `request to path ${target} not allowed` };
    }
    const [path, query] = splitTarget(target);
    if (path === "/") return { body: indexPage(ADMIN_COMMANDS), type: "text/html; charset=UTF-8" };
    const command = ADMIN_COMMANDS.find((each) => each.path === path);
    if (command === undefined) return { status: 404, body: `invalid path. ${helpText(ADMIN_COMMANDS)}` };
    const method = request.method ?? "GET";
    if (command.post === true && method !== "POST") {
      return { status: 405, body: `Method ${method} not allowed, POST required.` };
    }
    const body = await readBody(request);
    const form = query === "" && request.headers["content-type"] === FORM && command.queryOnly !== true;
    return command.run(this.#server, readParameters(form ? body : query), request);
  }
}

/** What cannot be read as a request. */
function refuseOctets(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) return;
  const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const reason = tooLarge ? "Request Header Fields Too Large" : "Bad Request";
  const head = `content-length: ${reason.length}\r\ncontent-type: text/plain\r\nserver: envoy\r\nconnection: close`;
  socket.end(`HTTP/1.1 ${tooLarge ? 431 : 400} ${reason}\r\n${head}\r\n\r\n${reason}`);
}

const FORM = "application/x-www-form-urlencoded";
const OLD_HTTP: AdminReply = { status: 426, type: "text/plain", body: "Upgrade Required", ends: true };
const REFUSED: AdminReply = { status: 400, body: "", ends: true };
const NO_PATH: AdminReply = { status: 404, body: "" };

/** Path and query. */
function splitTarget(target: string): readonly [path: string, query: string] {
  const question = target.indexOf("?");
  return question < 0 ? [target, ""] : [target.slice(0, question), target.slice(question + 1)];
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
  { status, type, body, ends, after }: AdminReply,
): Promise<number> {
  response.writeHead(status ?? 200, {
    "content-type": type ?? "text/plain; charset=UTF-8",
    "cache-control": "no-cache, max-age=0",
    "x-content-type-options": "nosniff",
    server: "envoy",
    ...(ends === true ? { connection: "close" } : {}),
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
