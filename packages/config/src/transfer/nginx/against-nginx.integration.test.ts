import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  freePort,
  type RunningProcess,
  type RunningProxy,
  startProcess,
  startSluiceProxy,
  waitFor,
} from "@sluice/harness";
import { parse } from "yaml";
import { RESOURCE_KINDS, type ResourceKind } from "../../contract.ts";
import { buildBootstrap } from "../build-bootstrap.ts";
import { readNginx } from "./read-nginx.ts";

// The same requests to a real nginx and to Sluice with what was imported from its configuration.

const skip = spawnSync("nginx", ["-v"]).status === 0 ? false : "nginx is not installed";

interface Case {
  readonly title: string;
  /** Of a server `NAME`; `UP` is the upstream's address. */
  readonly server: string;
  /** Paths that are asked for; `host path` asks for another host than NAME. */
  readonly asks: readonly string[];
}

const CASES: readonly Case[] = [
  {
    title: "exact paths, then the longest prefix",
    server: `location = / { return 200 "root"; }
      location / { return 200 "all"; }
      location /a { return 200 "a"; }
      location /a/b { return 200 "ab"; }
      location = /a/b/c { return 200 "abc"; }`,
    asks: ["/", "/?q", "/x", "/a", "/ab", "/a/", "/a/b", "/a/bb", "/a/b/c", "/a/b/c/", "/a/b/c?q=1"],
  },
  {
    title: "regular expressions in their order, and prefixes that end the search",
    server: `location / { return 200 "all"; }
      location ^~ /static/ { return 200 "static"; }
      location ~ \\.php$ { return 200 "php"; }
      location ~* \\.(jpg|png)$ { return 200 "image"; }
      location ~ ^/u/[0-9]+$ { return 200 "user"; }
      location ~ admin { return 200 "admin"; }`,
    asks: [
      "/a.php",
      "/a.PHP",
      "/a.php/x",
      "/a.php?x=.jpg",
      "/a.JPG",
      "/static/a.php",
      "/u/12",
      "/u/12x",
      "/x/u/12",
      "/my-admin-page",
      "/none",
    ],
  },
  {
    title: "an upstream sees the path as it came, or with its prefix replaced",
    server: `location / { proxy_pass http://UP; }
      location /api/ { proxy_pass http://UP/v1/; }
      location /old { proxy_pass http://UP/new; }
      location /strip/ { proxy_pass http://UP/; }
      location = /one { proxy_pass http://UP/two; }`,
    asks: [
      "/",
      "/x?y=%20z",
      "/api/",
      "/api/users?id=1",
      "/api",
      "/api?x=1",
      "/old",
      "/oldest/x",
      "/old/y?z",
      "/strip/a/b",
      "/one?x",
    ],
  },
  {
    title: "Host is the upstream's own, the client's, or what is written",
    server: `location / { proxy_pass http://UP; }
      location /host { proxy_pass http://UP; proxy_set_header Host $host; }
      location /fixed { proxy_pass http://UP; proxy_set_header Host inner.example; }
      location /named { proxy_pass http://UP; proxy_set_header Host $proxy_host; }`,
    asks: ["/", "/host", "/fixed", "/named"],
  },
  {
    title: "headers with variables are set, empty ones removed",
    server: `location / {
        proxy_pass http://UP;
        proxy_set_header X-Method $request_method;
        proxy_set_header X-Uri $request_uri;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Fixed "a b";
        proxy_set_header X-Sent "";
      }`,
    asks: ["/x?y=1"],
  },
  {
    title: "redirects",
    server: `location /all { return 301 https://other.example$request_uri; }
      location /same { return 302 http://$host/there; }
      location /scheme { return 302 $scheme://$host/there; }
      location /path { return 307 /there; }
      location /query { return 302 /there?a=b; }
      location /port { return 308 https://other.example:8443/x; }
      location /plain { return http://other.example/y; }
      location /tls { return 301 https://$host/x; }`,
    asks: [
      "/all?x=1",
      "/all/deep",
      "/same",
      "/same?x=1",
      "/scheme",
      "/scheme?x=1",
      "/path",
      "/path?x=1",
      "/query?x=1",
      "/port",
      "/plain",
      "/tls",
    ],
  },
  {
    title: "answers",
    server: `location /empty { return 204; }
      location /no { return 403; }
      location /text { return 200 "some text"; }
      location /gone { return 410 "gone"; }
      location / { return 404; }`,
    asks: ["/empty", "/text", "/gone"],
  },
  {
    title: "a server that answers everything by itself",
    server: `return 301 https://new.example$request_uri;`,
    asks: ["/", "/x?y"],
  },
  {
    title: "paths that are written in more than one way",
    server: `location / { return 200 "all"; }
      location /a/ { return 200 "a"; }
      location = /e { return 200 "e"; }`,
    asks: ["/x/../a/", "/./a/", "/a/../x", "/%61/", "//a/", "/a//b", "/%65", "/e/../e"],
  },
];

interface Seen {
  readonly status: number;
  readonly location: string | undefined;
  /** Of the answer, or what the upstream saw. */
  readonly body: string;
}

let upstream: Server;
let nginx: RunningProcess;
let sluice: RunningProxy;
let dir: string;
const ports = { up: 0, nginx: 0, sluice: 0 };

before(async () => {
  if (skip !== false) return;
  dir = mkdtempSync(join(tmpdir(), "sluice-nginx-"));
  mkdirSync(join(dir, "logs"));
  upstream = createServer((asked, answer) => {
    const shown = Object.entries(asked.headers).filter(
      ([name]) => name === "host" || /^x-(method|uri|real-ip|fixed|sent)$/.test(name),
    );
    answer.end(
      JSON.stringify({ method: asked.method, path: asked.url, ...Object.fromEntries(shown.toSorted()) }),
    );
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const bound = upstream.address();
  ports.up = typeof bound === "object" && bound !== null ? bound.port : 0;
  ports.nginx = await freePort();
  ports.sluice = await freePort();
  const config = join(dir, "nginx.conf");
  writeFileSync(
    config,
    `daemon off; master_process off; pid ${dir}/pid; error_log stderr;
events { }
http { access_log off; ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${dir}/${name};`).join(" ")}
${servers(ports.nginx)} }`,
  );
  nginx = await startProcess("nginx", ["-c", config, "-p", dir]);
  await waitFor("nginx to answer", async () => {
    if (nginx.exit() !== undefined) throw new Error(nginx.output());
    return (await ask(ports.nginx, `${nameOf(0)} /`).catch(() => undefined)) !== undefined;
  });
  sluice = await startSluiceProxy({ yaml: imported(servers(ports.sluice)) });
});

after(async () => {
  await sluice?.close();
  await nginx?.stop();
  upstream?.close();
  if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
});

function nameOf(index: number): string {
  return `c${index}.example`;
}

function servers(port: number): string {
  const named = CASES.map(
    ({ server }, index) =>
      `server { listen 127.0.0.1:${port}; server_name ${nameOf(index)}; ${server.replaceAll("UP", `127.0.0.1:${ports.up}`)} }`,
  );
  return `${named.join("\n")}
server { listen 127.0.0.1:${port}; server_name *.wild.example; return 200 "wild"; }
server { listen 127.0.0.1:${port}; server_name inner.wild.example; return 200 "inner"; }
server { listen 127.0.0.1:${port}; server_name .both.example; return 200 "both"; }
server { listen 127.0.0.1:${port} default_server; server_name _; return 200 "default"; }`;
}

/** As a bootstrap. What is not understood would answer 501, which nginx never does here. */
function imported(text: string): string {
  const { resources } = readNginx({ path: "nginx.conf", text });
  const maps = RESOURCE_KINDS.map((kind) => [kind, new Map<string, unknown>()] as const);
  const content = Object.fromEntries(maps) as Record<ResourceKind, Map<string, unknown>>;
  for (const { kind, yaml } of resources) {
    const value = parse(yaml) as { readonly name?: string; readonly cluster_name?: string };
    content[kind].set(value.name ?? value.cluster_name ?? "", value);
  }
  return buildBootstrap(content).yaml;
}

/** Ports that differ between the two are left out of what was seen. */
function ask(port: number, what: string): Promise<Seen> {
  const [host = "", path = ""] = what.split(" ");
  return new Promise((resolve, reject) => {
    const headers = { host: `${host}:${port}`, "x-sent": "sent" };
    const asked = request({ host: "127.0.0.1", port, path, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        const plain = (text: string) => text.replaceAll(`:${port}`, ":PORT");
        const { location } = answer.headers;
        resolve({
          status: answer.statusCode ?? 0,
          location: location === undefined ? undefined : plain(location),
          body: plain(Buffer.concat(chunks).toString()),
        });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** The page that nginx makes of a redirect is its own. */
async function seen(port: number, what: string): Promise<Seen> {
  const found = await ask(port, what);
  return found.location === undefined ? found : { ...found, body: "" };
}

/** Of all, so that one look shows every difference. */
async function compare(asks: readonly string[]): Promise<void> {
  const all = async (port: number) =>
    Object.fromEntries(await Promise.all(asks.map(async (what) => [what, await seen(port, what)] as const)));
  assert.deepEqual(await all(ports.sluice), await all(ports.nginx));
}

for (const [index, { title, asks }] of CASES.entries())
  test(title, { skip }, () => compare(asks.map((path) => `${nameOf(index)} ${path}`)));

test("the server is the one of the name, then of the wildcard, then the default", { skip }, () =>
  compare(
    [
      "inner.wild.example",
      "other.wild.example",
      "a.b.wild.example",
      "wild.example",
      "both.example",
      "a.both.example",
      "nobody.example",
      "C0.EXAMPLE",
    ].map((host) => `${host} /x`),
  ),
);
