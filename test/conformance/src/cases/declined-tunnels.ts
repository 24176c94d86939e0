import type { ConformanceCase } from "../conformance-case.ts";
import { type Exchange, exchangesCase } from "../lone-exchanges.ts";

const CONNECT = "CONNECT a.test:80 HTTP/1.1\r\nhost: a.test:80\r\n\r\n";
const mappedTo = (status: number): string => `local_reply_config:
  mappers:
    - filter: { status_code_filter: { comparison: { op: GE, value: { default_value: 100, runtime_key: unset } } } }
      status_code: ${status}
`;
const UPGRADES = "upgrade_configs: [{ upgrade_type: CONNECT }, { upgrade_type: websocket }]\n";
const connectTo = (action: string): string => `- { match: { connect_matcher: {} }, ${action} }`;
const STATUSES = [200, 201, 204, 299, 300];
const BY_UPSTREAM = [200, 201, 204, 299, 304, 403].flatMap((status) =>
  ["length", "chunked", "bare", "empty"].map((framing) => [status, framing] as const),
);
const WEBSOCKET = "GET /x HTTP/1.1\r\nhost: a.test\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";

const connectAnswers = exchangesCase("a CONNECT that is answered without a tunnel", {
  ...Object.fromEntries(
    STATUSES.flatMap((status): [string, Exchange][] => [
      [
        `no route ${status}`,
        {
          hcm: mappedTo(status),
          routes: connectTo("route: { cluster: one }").replace("connect_matcher: {}", "path: /no"),
          send: CONNECT,
        },
      ],
      [
        `refused ${status}`,
        { hcm: mappedTo(status), routes: connectTo("route: { cluster: one }"), send: CONNECT },
      ],
      [`bad port ${status}`, { hcm: mappedTo(status), send: CONNECT.replaceAll(":80", ":99999") }],
      [`bad method ${status}`, { hcm: mappedTo(status), send: CONNECT.replace("CONNECT", "PUT") }],
      ...["", UPGRADES].map((upgrades): [string, Exchange] => [
        `direct ${status}${upgrades === "" ? "" : ", upgrades on"}`,
        {
          hcm: upgrades,
          routes: connectTo(`direct_response: { status: ${status}, body: { inline_string: body } }`),
          send: CONNECT,
        },
      ]),
      [
        `dead ${status}`,
        {
          hcm: UPGRADES + mappedTo(status),
          routes: connectTo("route: { cluster: dead }"),
          send: CONNECT,
        },
      ],
      [`websocket refused ${status}`, { hcm: mappedTo(status), send: WEBSOCKET }],
      [
        `websocket direct ${status}`,
        {
          hcm: UPGRADES,
          routes: `- { match: { prefix: / }, direct_response: { status: ${status}, body: { inline_string: body } } }`,
          send: WEBSOCKET,
        },
      ],
    ]),
  ),
});

const TUNNELS = ["CONNECT", "websocket"] as const;
const upstreamAnswers = exchangesCase(
  "what an upstream answers to a CONNECT or an upgrade in the place of a tunnel",
  Object.fromEntries(
    TUNNELS.flatMap((kind) =>
      BY_UPSTREAM.flatMap(([status, framing]) =>
        ["", ...(status < 400 ? ["upgrade"] : [])].map((upgrade): [string, Exchange] => [
          `${kind} ${status} ${framing} ${upgrade}`,
          {
            hcm: UPGRADES,
            routes: `${connectTo("route: { cluster: one }")}\n- { match: { prefix: / }, route: { cluster: one } }`,
            send: (kind === "CONNECT" ? CONNECT : WEBSOCKET).replace(
              "\r\n\r\n",
              `\r\nx-reply: ${status} ${framing} ${upgrade}\r\n\r\n`,
            ),
          },
        ]),
      ),
    ),
  ),
  {
    reply: (request) => {
      const [status = "", framing, upgrade] = (request.header("x-reply") ?? "").split(" ");
      const headers: [string, string][] =
        upgrade === "upgrade"
          ? [
              ["connection", "upgrade"],
              ["upgrade", "websocket"],
            ]
          : [];
      if (framing === "bare")
        return {
          raw: `HTTP/1.1 ${status} X\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
        };
      if (framing === "empty") return { status: Number(status), body: "", headers };
      return framing === "chunked"
        ? { status: Number(status), chunks: ["body"], headers }
        : { status: Number(status), body: "body", headers };
    },
  },
);

const refusedUpgrade = exchangesCase(
  "an upstream that refuses an upgrade and speaks of one",
  { "403": { hcm: UPGRADES, send: WEBSOCKET } },
  {
    reply: {
      status: 403,
      body: "body",
      headers: [
        ["connection", "upgrade"],
        ["upgrade", "websocket"],
      ],
    },
  },
);

export const DECLINED_TUNNEL_CASES: readonly ConformanceCase[] = [
  connectAnswers,
  upstreamAnswers,
  refusedUpgrade,
];
