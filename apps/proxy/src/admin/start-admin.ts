import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import { ADMIN_PATHS, helpText } from "./admin-paths.ts";
import { type AdminReply, text } from "./admin-reply.ts";
import type { AdminSource } from "./admin-source.ts";

const BODY_BYTES_MAX = 64 * 1024;

export interface AdminAddress {
  readonly host: string;
  /** 0: the kernel picks one. */
  readonly port: number;
}

export interface RunningAdmin {
  /** `ip:port`, with the real port. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Serves the admin interface. Rejects when the address cannot be listened on.
 *
 * @param listen an address, or the path of a unix socket
 * @param addressPath `--admin-address-path`: the real address is written there
 */
export async function startAdmin(
  source: AdminSource,
  listen: AdminAddress | { readonly path: string },
  addressPath: string | undefined,
): Promise<RunningAdmin> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    serve(source, request, response);
  });
  server.maxConnections = 256;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address();
  const address =
    typeof bound === "string" || bound === null
      ? String(bound)
      : `${bound.family === "IPv6" ? `[${bound.address}]` : bound.address}:${bound.port}`;
  if (addressPath !== undefined) {
    mkdirSync(dirname(addressPath), { recursive: true });
    writeFileSync(addressPath, address);
  }
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function serve(source: AdminSource, request: IncomingMessage, response: ServerResponse): void {
  let received = 0;
  request.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (received > BODY_BYTES_MAX) request.destroy();
  });
  request.on("error", () => {});
  request.on("end", () => send(response, answer(source, request), request.method === "HEAD"));
}

function answer(source: AdminSource, request: IncomingMessage): AdminReply {
  const url = URL.parse(request.url ?? "/", "http://admin");
  if (url === null) return text(`invalid path. ${helpText()}`, 404);
  if (url.pathname === "/") return homePage();
  if (url.pathname === "/help") return text(helpText());
  const found = ADMIN_PATHS.find(({ path }) => path === url.pathname);
  if (found === undefined) return text(`invalid path. ${helpText()}`, 404);
  if (found.mutates && request.method !== "POST") {
    return text(`Method ${request.method} not allowed, POST required.`, 405);
  }
  return found.answer(source, url.searchParams);
}

function send(response: ServerResponse, { status, contentType, body }: AdminReply, headOnly: boolean): void {
  response.writeHead(status, {
    "content-type": contentType,
    "cache-control": "no-cache, max-age=0",
    "x-content-type-options": "nosniff",
  });
  response.end(headOnly ? undefined : body);
}

function homePage(): AdminReply {
  const rows = ADMIN_PATHS.map(({ path, help, mutates }) => {
    const name = mutates
      ? `<form method="post" action="${path}"><button type="submit">${path}</button></form>`
      : `<a href="${path}">${path}</a>`;
    return `<tr><td>${name}</td><td>${help}</td></tr>`;
  });
  return {
    status: 200,
    contentType: "text/html; charset=UTF-8",
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Sluice node</title><style>
body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}td{padding:.25rem 1rem .25rem 0;vertical-align:top}
form{margin:0}button{font:inherit}</style></head><body><h1>Sluice node</h1><table>${rows.join("")}</table></body></html>`,
  };
}
