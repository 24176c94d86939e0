import type { ConformanceCase } from "../conformance-case.ts";
import { discovered, fileSource } from "../xds-files.ts";

/** Formats of which either is taken or refused, and what they are about. */
const FORMATS: readonly string[] = [
  // Only some operators may be cut.
  ...["PROTOCOL:0", "PROTOCOL:5", "RESPONSE_CODE_DETAILS:3", "START_TIME:3", "REQUESTED_SERVER_NAME:3"],
  ...["GRPC_STATUS:3", "CLUSTER_METADATA(a):3", "UPSTREAM_METADATA(a):3", "DOWNSTREAM_PEER_CERT_V_START:3"],
  ...["DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT:5", "COMMON_DURATION(DS_RX_BEG:DS_TX_END:ms):3", "UNIQUE_ID:4"],
  ...[
    "REQ(a):0",
    "RESPONSE_TRAILER(a):5",
    "PATH:3",
    "QUERY_PARAM(a):4",
    "QUERY_PARAMS:3",
    "METADATA(ROUTE:a):3",
  ],
  ...["DYNAMIC_METADATA(a):3", "FILTER_STATE(a):3", "UPSTREAM_FILTER_STATE(a):3", "ENVIRONMENT(A):3"],
  ...["REQ(a):18446744073709551615", "REQ(a):18446744073709551616", "REQ(a):-1", "REQ(a):"],
  // Empty parentheses are none.
  ...[
    "PROTOCOL()",
    "PROTOCOL(x)",
    "PROTOCOL():0",
    "REQ()",
    "START_TIME()",
    "GRPC_STATUS()",
    "QUERY_PARAMS()",
  ],
  ...["ENVIRONMENT()", "COMMON_DURATION()", "DYNAMIC_METADATA()", "METADATA()", "PATH()", "QUERY_PARAM()"],
  // Names of headers.
  ...[
    "REQ(:a)",
    "REQ(a:b)",
    "REQ(:)",
    "REQ( a )",
    "REQ(a b)",
    "REQ(a)b)",
    "REQ(?b)",
    "REQ(a?)",
    "REQ(?)",
    "REQ(??)",
  ],
  ...["REQ(A_b-c.d!#$&'*+^`|~)", "REQ(a/b)", "REQ(a,b)", "REQ(ä)", "REQ(a%b)", "RESP(a b)", "TRAILER(a@b)"],
  ...["REQUEST_HEADER(a)", "RESPONSE_HEADER(a?b)", "REQUEST_HEADER(a?b?c)"],
  // Parameters of one operator each.
  ...["PATH(X)", "PATH(:ORIG)", "PATH(WQ:X)", "PATH(WQ:ORIG:Z)", "GRPC_STATUS(X)", "QUERY_PARAMS(RAW)"],
  ...[
    "QUERY_PARAMS(DECODED)",
    "QUERY_PARAMS(ORIG:x)",
    "METADATA(X:a)",
    "METADATA(ROUTE)",
    "METADATA(ROUTE:)",
  ],
  ...[
    "DYNAMIC_METADATA(:a)",
    "DYNAMIC_METADATA(a:)",
    "FILTER_STATE",
    "FILTER_STATE(:PLAIN)",
    "FILTER_STATE(a:)",
  ],
  ...["FILTER_STATE(a:X)", "FILTER_STATE(a:PLAIN:b)", "FILTER_STATE(a::)", "FILTER_STATE(a::b)"],
  ...["FILTER_STATE(a:FIELD)", "FILTER_STATE(a:FIELD:b:c)", "REQUESTED_SERVER_NAME(SNI_ONLY:X)"],
  ...["REQUESTED_SERVER_NAME(X)", "REQUESTED_SERVER_NAME(:ORIG)", "REQUESTED_SERVER_NAME(HOST_FIRST:ORIG:x)"],
  ...["DOWNSTREAM_REMOTE_ADDRESS(16)", "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT(x)"],
  ...["UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT(16)", "UPSTREAM_HOST_NAME_WITHOUT_PORT(16)"],
  // Times.
  ...[
    "START_TIME(%n)",
    "START_TIME(%%n)",
    "START_TIME(%-_5On)",
    "START_TIME(%50n)",
    "START_TIME(%Q)",
    "START_TIME(%)",
  ],
  ...["EMIT_TIME(%En)", "DOWNSTREAM_PEER_CERT_V_END(%n)", "DOWNSTREAM_PEER_CERT_V_END(%Q)"],
  // The first of several.
  ...[
    'COALESCE({"operators": []})',
    "COALESCE(x)",
    "COALESCE",
    "COALESCE([])",
    'COALESCE({"operators": "PROTOCOL"})',
  ],
  ...['COALESCE({"operators": ["PROTOCOL"]}):3', 'COALESCE({"operators": ["COALESCE"]})'],
  ...['COALESCE({"operators": [{"command": "PROTOCOL", "max_length": 5}]})', 'COALESCE({"operators": [5]})'],
  ...[
    'COALESCE({"operators": [{"command": "REQ", "param": "a", "max_length": 5}]})',
    'COALESCE({"operators": [""]})',
  ],
  ...[
    'COALESCE({"operators": [{"command": "REQ", "param": "a", "max_length": 0}]})',
    'COALESCE({"operators": [{}]})',
  ],
  ...['COALESCE({"operators": [{"command": "REQ", "param": "a", "max_length": 1.5}]})'],
  ...['COALESCE({"operators": [{"command": "REQ", "param": "a", "max_length": "5"}]})'],
  ...[
    'COALESCE({"operators": [{"command": "REQ", "param": 5}]})',
    'COALESCE({"operators": [{"command": "REQ"}]})',
  ],
  ...['COALESCE({"operators": ["PROTOCOL"], "x": 1})', 'COALESCE({"operators": ["NOPE"]})'],
  ...["NOPE", "protocol"],
].map((operator) => `%${operator}%`);

const LINES: readonly string[] = [...FORMATS, "50%", "%", "%%", "%REQ(a", "%PROTOCOL%%", "%REQ(a)x%"];

const listener = (name: string, format: string): string => {
  const log = `{ name: f, typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, path: /dev/null, log_format: { text_format_source: { inline_string: ${JSON.stringify(format)} } } } }`;
  return `name: ${name}, address: { socket_address: { address: 127.0.0.1, port_value: 0 } }, filter_chains: [{ filters: [{ name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: t, cluster: none, access_log: [${log}] } }] }]`;
};

/** Which of the listeners there are. */
function namesOf(listeners: string): ReadonlySet<string> {
  return new Set(listeners.split("\n").map((line) => line.slice(0, line.indexOf("::"))));
}

export const LOG_SYNTAX_CASES: readonly ConformanceCase[] = [
  {
    title: "which formats are taken and which are refused",
    yaml: `
node: { id: node, cluster: nodes }
dynamic_resources: { lds_config: ${fileSource("lds.yaml")} }
`,
    files: {
      "lds.yaml": discovered("1", "envoy.config.listener.v3.Listener", [
        listener("main", "%PROTOCOL%"),
        ...LINES.map((format, i) => listener(`at${i}`, format)),
      ]),
    },
    observe: async ({ proxy }) => {
      const names = namesOf(await proxy.admin("/listeners"));
      return Object.fromEntries(
        LINES.map((format, i) => [format, names.has(`at${i}`) ? "taken" : "refused"]),
      );
    },
  },
];
