import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectionInfo, StreamInfo } from "@sluice/extension-api";
import { compileSubstitutionFormat } from "./compile-substitution-format.ts";
import { formatContext } from "./format-context-fixture.ts";

function print(
  text: string,
  streamInfo: Partial<StreamInfo> = {},
  connection: Partial<ConnectionInfo> = {},
  isRequest = true,
): string {
  const compiled = compileSubstitutionFormat(text, "format");
  assert.ok(compiled.ok, JSON.stringify(compiled));
  const context = formatContext({ streamInfo, connection });
  return compiled.value.format(isRequest ? context : { ...context, request: undefined });
}

const UPSTREAM: ConnectionInfo = {
  ...formatContext({}).connection,
  id: 7,
  begunAtMs: 990,
  connectedAtMs: 1_002.5,
  securedAtMs: 1_004,
};

const HOSTS =
  "%UPSTREAM_HOSTS_ATTEMPTED% %UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT% %UPSTREAM_HOST_NAMES_ATTEMPTED% %UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT% %UPSTREAM_CONNECTION_IDS_ATTEMPTED%";

test("a request tells of its last try, once that has its connection", () => {
  const info = { upstreamRemoteAddress: "[::1]:80", upstreamHostName: "a.test:80" };
  assert.equal(print(HOSTS, info), "- - - - -");
  assert.equal(
    print(HOSTS, { ...info, upstreamConnection: UPSTREAM, upstreamConnectionId: 7 }),
    "[::1]:80 ::1 a.test:80 a.test 7",
  );
});

test("a session tells of every host that it tried", () => {
  const hostsAttempted = [
    { address: "10.0.0.1:1", hostname: "" },
    { address: "10.0.0.2:2", hostname: "b" },
  ];
  const upstreamSession = { hostsAttempted, detectedCloseType: "RemoteReset", localCloseReason: "" } as const;
  assert.equal(
    print(HOSTS, { upstreamSession }),
    "10.0.0.1:1,10.0.0.2:2 10.0.0.1,10.0.0.2 10.0.0.1:1,b 10.0.0.1,b -",
  );
});

test("points of connections count from the request's start, also before it", () => {
  const info = { startNowMs: 1_000, upstreamConnection: UPSTREAM, firstUpstreamTxByteMs: 5 };
  const durations = [
    "US_CX_BEG:US_CX_END:us",
    "US_CX_END:US_HS_END:ms",
    "US_HS_END:US_TX_BEG:ns",
    "US_TX_BEG:US_CX_BEG",
    "mine:US_TX_BEG",
  ];
  assert.deepEqual(
    durations.map((points) => print(`%COMMON_DURATION(${points})%`, info)),
    ["12500", "1", "1000000", "-", "-"],
  );
  assert.equal(print("%COMMON_DURATION(DS_CX_BEG:DS_RX_BEG)%", info, { begunAtMs: 900 }), "100");
  assert.equal(print("%DOWNSTREAM_HANDSHAKE_DURATION%", info, { begunAtMs: 900, securedAtMs: 903.9 }), "3");
});

test("a connection's end is told by its own logs, not by those of its requests", () => {
  const connection = { detectedCloseType: "RemoteReset", localCloseReason: "on_idle_timeout" } as const;
  const format = "%DOWNSTREAM_DETECTED_CLOSE_TYPE% %DOWNSTREAM_LOCAL_CLOSE_REASON%";
  assert.equal(print(format, {}, connection, false), "RemoteReset on_idle_timeout");
  assert.equal(print(format, {}, connection), "Normal -");
});

test("an upstream connection's end is a session's; a request that was tried knows of none", () => {
  const format = "%UPSTREAM_DETECTED_CLOSE_TYPE% %UPSTREAM_LOCAL_CLOSE_REASON%";
  const upstreamSession = {
    hostsAttempted: [],
    detectedCloseType: "RemoteReset",
    localCloseReason: "why",
  } as const;
  assert.equal(print(format, { upstreamSession }), "RemoteReset why");
  assert.equal(print(format, { upstreamHostName: "" }), "Normal -");
  assert.equal(print(format), "- -");
});
