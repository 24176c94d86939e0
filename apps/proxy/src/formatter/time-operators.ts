import type { ConnectionInfo } from "@sluice/extension-api";
import type { FormatContext } from "./format-context.ts";
import { compileTimeFormat, isoTime } from "./format-start-time.ts";
import { type OperatorCompiler, type OperatorTable, plain, whole } from "./operator.ts";
import { printing } from "./wanted-facts.ts";

const difference = (from: number | undefined, to: number | undefined): number | undefined =>
  from === undefined || to === undefined || to < from ? undefined : Math.floor(to - from);

/** A wall-clock time, ISO 8601 or in a strftime format; `local`: in the process's time zone. */
function time(at: (context: FormatContext) => number, local: boolean): OperatorCompiler {
  return (argument) => {
    if (argument === undefined && !local) return (context) => isoTime(at(context));
    const format = compileTimeFormat(argument ?? "%Y-%m-%dT%H:%M:%E3S%z", local);
    return typeof format === "function" ? (context) => format(at(context)) : format.message;
  };
}

type Point = (context: FormatContext) => number | undefined;

/** A moment on the worker's clock, from the start of the request or session. */
function sinceStart(pick: (context: FormatContext) => number | undefined): Point {
  return (context) => {
    const { startNowMs } = context.streamInfo;
    const atMs = pick(context);
    return atMs === undefined || startNowMs === undefined ? undefined : atMs - startNowMs;
  };
}

/** A try knows nothing of the client's connection: it begins with the try. */
function downstreamOf({ accessLogType, connection }: FormatContext): ConnectionInfo | undefined {
  return accessLogType?.startsWith("Upstream") === true ? undefined : connection;
}

/** Of a TCP session, in its last entry and in that of its listener. */
function sessionEnd({ streamInfo, accessLogType }: FormatContext): number | undefined {
  if (streamInfo.upstreamSession === undefined) return undefined;
  return accessLogType === undefined || accessLogType === "TcpConnectionEnd"
    ? streamInfo.durationMs
    : undefined;
}

const connectionBegin = sinceStart(({ connection }) => connection.begunAtMs);

const TIME_POINTS: Readonly<Record<string, Point>> = {
  DS_CX_BEG: (context) => (downstreamOf(context) === undefined ? 0 : connectionBegin(context)),
  DS_CX_END: sessionEnd,
  DS_HS_BEG: (context) => (downstreamOf(context)?.tls === undefined ? undefined : connectionBegin(context)),
  DS_HS_END: sinceStart((context) => downstreamOf(context)?.securedAtMs),
  DS_RX_BEG: () => 0,
  DS_RX_END: ({ streamInfo }) => streamInfo.lastDownstreamRxByteMs,
  US_CX_BEG: sinceStart(({ streamInfo }) => streamInfo.upstreamConnection?.begunAtMs),
  US_CX_END: sinceStart(({ streamInfo }) => streamInfo.upstreamConnection?.connectedAtMs),
  US_HS_END: sinceStart(({ streamInfo }) => streamInfo.upstreamConnection?.securedAtMs),
  US_TX_BEG: ({ streamInfo }) => streamInfo.firstUpstreamTxByteMs,
  US_TX_END: ({ streamInfo }) => streamInfo.lastUpstreamTxByteMs,
  US_RX_BEG: ({ streamInfo }) => streamInfo.firstUpstreamRxByteMs,
  US_RX_BODY_BEG: ({ streamInfo }) => streamInfo.firstUpstreamRxBodyByteMs,
  US_RX_END: ({ streamInfo }) => streamInfo.lastUpstreamRxByteMs,
  DS_TX_BEG: ({ streamInfo }) => streamInfo.firstDownstreamTxByteMs,
  DS_TX_END: ({ streamInfo }) => streamInfo.lastDownstreamTxByteMs,
};
const PRECISIONS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["us", 1e3],
  ["ns", 1e6],
]);

/** A name that is not Envoy's is of a point that a filter may set, and none that is built does. */
function pointOf(name: string): Point {
  return (Object.hasOwn(TIME_POINTS, name) ? TIME_POINTS[name] : undefined) ?? (() => undefined);
}

/** `%COMMON_DURATION(START:END:ms|us|ns)%` */
const commonDuration: OperatorCompiler = (argument, name) => {
  const [startName = "", endName, unit = "ms", ...rest] = (argument ?? "").split(":");
  const factor = PRECISIONS.get(unit);
  if (endName === undefined || factor === undefined || rest.length > 0) {
    return `%${name}(${argument ?? ""})%: the argument is START:END, then optionally :ms, :us or :ns`;
  }
  const start = pointOf(startName);
  const end = pointOf(endName);
  return (context) => {
    const from = start(context);
    const to = end(context);
    return from === undefined || to === undefined || to < from ? undefined : Math.floor((to - from) * factor);
  };
};

/** Tells the connection manager that it is wanted. */
const routeResolution =
  (pick: Point): OperatorCompiler =>
  (argument, name) => {
    const provider = plain(pick)(argument, name);
    return typeof provider === "string" ? provider : printing("routeResolutions", provider);
  };

const startTime = ({ streamInfo }: FormatContext): number => streamInfo.startTimeMs;

export const TIME_OPERATORS: OperatorTable = {
  START_TIME: time(startTime, false),
  START_TIME_LOCAL: time(startTime, true),
  EMIT_TIME: time(() => Date.now(), false),
  EMIT_TIME_LOCAL: time(() => Date.now(), true),
  DURATION: plain(({ streamInfo }) => whole(streamInfo.durationMs)),
  COMMON_DURATION: commonDuration,
  DOWNSTREAM_HANDSHAKE_DURATION: plain((context) => {
    const connection = downstreamOf(context);
    return difference(connection?.begunAtMs, connection?.securedAtMs);
  }),
  ROUTE_RESOLUTION_COUNT: routeResolution(({ streamInfo }) => streamInfo.routeResolutions ?? 0),
  ROUTE_RESOLUTION_TIME_US: routeResolution(({ streamInfo }) =>
    (streamInfo.routeResolutions ?? 0) > 0
      ? Math.floor((streamInfo.routeResolutionMs ?? 0) * 1e3)
      : undefined,
  ),
  REQUEST_DURATION: plain(({ streamInfo }) => whole(streamInfo.lastDownstreamRxByteMs)),
  REQUEST_TX_DURATION: plain(({ streamInfo }) => whole(streamInfo.lastUpstreamTxByteMs)),
  RESPONSE_DURATION: plain(({ streamInfo }) => whole(streamInfo.firstUpstreamRxByteMs)),
  RESPONSE_TX_DURATION: plain(({ streamInfo }) =>
    difference(streamInfo.firstUpstreamRxByteMs, streamInfo.lastDownstreamTxByteMs),
  ),
  UPSTREAM_CONNECTION_POOL_READY_DURATION: plain(({ streamInfo }) => whole(streamInfo.upstreamPoolReadyMs)),
  /** QUIC's alone. */
  ROUNDTRIP_DURATION: plain(() => undefined),
};
