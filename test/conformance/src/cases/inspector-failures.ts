import { setTimeout as wait } from "node:timers/promises";
import type { ConformanceCase } from "../conformance-case.ts";
import { session } from "../tcp-session.ts";

const BEGINNINGS: Readonly<Record<string, string>> = {
  get: "GET / HTTP/1.1\r\n",
  put: "PUT / HTTP/1.1\r\n",
  post: "POST / HTTP/1.1\r\n",
  head: "HEAD / HTTP/1.1\r\n",
  delete: "DELETE / HTTP/1.1\r\n",
  connect: "CONNECT a:1 HTTP/1.1\r\n",
  preface: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  words: "hello there",
  long: "\x16\x03\x01\xff\xff hello",
  data: "\x17\x03\x03\0\x05hello",
  change: "\x14\x03\x01\0\x01\x01",
  beat: "\x18\x03\x03\0\x05hello",
  none: "\x99\x03\x01\0\x05hello",
  old: "\x16\x03\0\0\x05hello",
  empty: "\x17\x03\x03\0\0hello",
  other: "\x16\x03\x01\0\x05\x02\0\0\x01\0",
};

export const INSPECTOR_FAILURE_CASES: readonly ConformanceCase[] = [
  {
    title: "what a TLS inspector says of bytes that are no TLS",
    yaml: `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
    - name: main
      address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
      access_log:
        - name: file
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
            path: "{{dir}}/access.log"
            log_format: { text_format_source: { inline_string: "%DOWNSTREAM_TRANSPORT_FAILURE_REASON% rx=%BYTES_RECEIVED%\\n" } }
      listener_filters:
        - name: tls
          typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector }
      filter_chains:
        - filters:
            - name: echo
              typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo }
`,
    observe: async ({ port }) => {
      for (const send of Object.values(BEGINNINGS)) {
        await session(port, { send: Buffer.from(send, "latin1"), until: send.slice(0, 5) });
        await wait(60);
      }
      return null;
    },
    accessLog: { file: "access.log", lines: Object.keys(BEGINNINGS).length },
  },
];
