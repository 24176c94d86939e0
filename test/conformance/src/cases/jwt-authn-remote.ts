import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { waitFor } from "@sluice/harness";
import { fileLog, httpBootstrap, staticCluster } from "../bootstrap.ts";
import type { CaseRequest, ConformanceCase, Target } from "../conformance-case.ts";
import { keySet, token } from "../jwt-issuer.ts";
import { bearer, EC, filter, get, good, KEYS, ROUTER, RSA, STATS } from "./jwt-authn.ts";

type Answer = (response: ServerResponse, call: number) => void;

/** Answers each path in its way, and tells who asked since the last look. */
class KeyServer {
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #answers: Readonly<Record<string, Answer>>;
  #seen: string[] = [];
  #calls = 0;

  constructor(answers: Readonly<Record<string, Answer>>) {
    this.#answers = answers;
  }

  readonly onSocket = (socket: Socket): void => void this.#server.emit("connection", socket);

  seen(): readonly string[] {
    const seen = this.#seen;
    this.#seen = [];
    this.#calls = 0;
    return seen;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = "", headers } = request;
    const names = Object.entries(headers).filter(([name]) => !UNLIKE.has(name));
    const fields = names.map(([name, value]) => `${name}: ${String(value)}`).sort();
    this.#seen.push([`${method} ${url}`, ...fields].join(", "));
    this.#answers[url]?.(response, ++this.#calls);
  }
}

/** Of the proxy's own requests these are not here; those that Envoy may repeat are chunked there, though they have no body. */
const UNLIKE = new Set([
  "transfer-encoding",

  "x-request-id",
  "x-forwarded-for",
  "x-envoy-internal",
  "x-envoy-expected-rq-timeout-ms",
]);

const GOOD: Answer = (response) => void response.end(KEYS);
const remote = (path: string, more = "", cluster = "keys", timeout = "2s"): string =>
  `remote_jwks: { http_uri: { uri: "http://keys.test${path}", cluster: ${cluster}, timeout: ${timeout} }${more} }`;
const request = (path: string): CaseRequest => get(path, bearer(token(RSA, good)));
const rule = (name: string): string =>
  `- { match: { prefix: /${name} }, requires: { provider_name: ${name} } }`;

interface Parts {
  readonly title: string;
  readonly providers: readonly (readonly [name: string, config: string])[];
  readonly rules?: string;
  readonly answers: Readonly<Record<string, Answer>>;
  readonly requests: readonly CaseRequest[];
  /** Before the requests. */
  readonly ready?: (target: Target) => Promise<unknown>;
  readonly routes?: string;
  /** False: some fetches are given up, and how far they had come is chance. */
  readonly fetchesEnd?: boolean;
}

function remoteCase({
  title,
  providers,
  rules,
  answers,
  requests,
  ready,
  routes,
  fetchesEnd = true,
}: Parts): ConformanceCase {
  const server = new KeyServer(answers);
  return {
    title: `jwt_authn ${title}`,
    yaml: httpBootstrap({
      hcm: `access_log: ${fileLog("%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS%")}`,
      httpFilters: `${filter(`providers:
${providers.map(([name, config]) => `  ${name}: { ${config} }`).join("\n")}
rules:
${rules ?? providers.map(([name]) => rule(name)).join("\n")}`)}${ROUTER}`,
      clusters: staticCluster("keys", ["{{tcp}}"]),
      ...(routes === undefined ? {} : { routes }),
    }),
    tcp: server.onSocket,
    async observe(target) {
      const before = await ready?.(target);
      if (ready === undefined) server.seen();
      const responses: unknown[] = [];
      for (const each of requests) responses.push(await target.send(each));
      const seen = server.seen();
      return { before, responses, seen: fetchesEnd ? seen : [] };
    },
    stats: STATS,
    accessLog: { file: "access.log", lines: requests.length },
  };
}

const fetched = (name: string, times: number) => (target: Target) =>
  waitFor(`${name} ${times}`, async () => {
    const stats = await target.proxy.admin(`/stats?filter=jwt_authn.${name}$`);
    return Number(/: (\d+)/.exec(stats)?.[1] ?? 0) >= times;
  });

export const JWT_AUTHN_REMOTE_CASES: readonly ConformanceCase[] = [
  remoteCase({
    title: "fetches keys when a request needs them, and keeps them",
    providers: [
      ["kept", remote("/good?a=b")],
      ["short", remote("/good", ", cache_duration: 0.5s")],
      ["root", remote("")],
    ],
    answers: { "/good?a=b": GOOD, "/good": GOOD, "/": GOOD },
    requests: [
      get("/kept"),
      get("/kept", bearer("a.b.c")),
      request("/kept"),
      request("/kept"),
      get("/kept", bearer(token(EC, good))),
      get("/kept", bearer(token(EC, good, { kid: "unknown" }))),
      request("/short"),
      request("/short"),
      request("/root"),
      { ...request("/short"), method: "POST", body: "with a body" },
    ],
  }),
  remoteCase({
    title: "refuses tokens whose keys cannot be fetched, each time",
    providers: [
      ["fails", remote("/fails")],
      ["empty", remote("/empty")],
      ["broken", remote("/broken")],
      ["useless", remote("/useless")],
      ["moved", remote("/moved")],
      ["cut", remote("/cut")],
      ["dead", remote("/good", "", "dead")],
      ["nowhere", remote("/good", "", "nowhere")],
      ["late", remote("/late", "", "keys", "0.2s")],
    ],
    answers: {
      "/fails": (response) => void response.writeHead(500).end("no"),
      "/empty": (response) => void response.end(),
      "/broken": (response) => void response.end("{"),
      "/useless": (response) => void response.end('{"keys":[]}'),
      "/moved": (response) => void response.writeHead(302, { location: "/good" }).end(KEYS),
      "/cut": (response) => void response.destroy(),
      "/late": () => {},
    },
    requests: ["fails", "fails", "empty", "broken", "useless", "moved", "cut", "dead", "nowhere", "late"].map(
      (name) => request(`/${name}`),
    ),
  }),
  remoteCase({
    title: "fetches keys again as its retry policy says",
    providers: [
      [
        "again",
        remote(
          "/again",
          ", retry_policy: { num_retries: 2, retry_back_off: { base_interval: 0.01s, max_interval: 0.02s } }",
        ),
      ],
      ["never", remote("/never", ", retry_policy: { retry_back_off: { base_interval: 0.01s } }")],
    ],
    answers: {
      "/again": (response, call) => void (call < 3 ? response.writeHead(503).end() : response.end(KEYS)),
      "/never": (response) => void response.writeHead(503).end(),
    },
    requests: [request("/again"), request("/never"), request("/again")],
  }),
  remoteCase({
    title: "fetches keys ahead of requests",
    providers: [["ahead", remote("/good", ", async_fetch: {}")]],
    answers: { "/good": GOOD },
    ready: fetched("jwks_fetch_success", 1),
    requests: [request("/ahead"), request("/ahead"), get("/ahead")],
  }),
  remoteCase({
    title: "lets a fast listener's requests fetch keys themselves while the first fetch fails",
    providers: [
      ["ahead", remote("/first", ", async_fetch: { fast_listener: true, failed_refetch_duration: 60s }")],
    ],
    answers: {
      "/first": (response, call) => void (call === 1 ? response.writeHead(500).end() : response.end(KEYS)),
    },
    ready: fetched("jwks_fetch_failed", 1),
    requests: [request("/ahead"), request("/ahead")],
  }),
  remoteCase({
    title: "fetches keys again after a failed fetch",
    providers: [["ahead", remote("/first", ", async_fetch: { failed_refetch_duration: 0.05s }")]],
    answers: {
      "/first": (response, call) => void (call === 1 ? response.writeHead(500).end() : response.end(KEYS)),
    },
    ready: fetched("jwks_fetch_success", 1),
    requests: [request("/ahead")],
  }),
  remoteCase({
    title: "waits for keys of one requirement while others are judged",
    providers: [
      ["far", `issuer: issuer, from_headers: [{ name: x-far }], ${remote("/good")}`],
      ["bad", `issuer: issuer, from_headers: [{ name: x-bad }], ${remote("/fails")}`],
      ["near", `from_headers: [{ name: x-near }], local_jwks: { inline_string: '${keySet(RSA)}' }`],
    ],
    fetchesEnd: false,
    rules: `- { match: { prefix: /any }, requires: { requires_any: { requirements: [{ provider_name: bad }, { provider_name: far }, { provider_name: near }] } } }
- { match: { prefix: /all }, requires: { requires_all: { requirements: [{ provider_name: far }, { provider_name: near }] } } }
- { match: { prefix: /allow }, requires: { allow_missing: {} } }`,
    answers: { "/good": GOOD, "/fails": (response) => void response.writeHead(500).end() },
    requests: ["/any", "/all", "/allow"].flatMap((path) => {
      const text = token(RSA, good);
      const far: [string, string] = ["x-far", text];
      const near: [string, string] = ["x-near", text];
      const bad: [string, string] = ["x-bad", text];
      return [[far], [near], [bad], [bad, far], [far, near], [bad, near]].map((headers) =>
        get(path, ...headers),
      );
    }),
  }),
  remoteCase({
    title: "looks for the route again after a fetch",
    providers: [
      [
        "p",
        `clear_route_cache: true, claim_to_headers: [{ header_name: x-sub, claim_name: sub }], ${remote("/good")}`,
      ],
    ],
    rules: "- { match: { prefix: / }, requires: { provider_name: p } }",
    routes: `- { match: { prefix: /, headers: [{ name: x-sub, string_match: { exact: ann } }] }, route: { cluster: two } }
- { match: { prefix: / }, route: { cluster: one } }`,
    answers: { "/good": GOOD },
    requests: [request("/"), request("/")],
  }),
];
