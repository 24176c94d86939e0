import type { FormatContext } from "./access-logger.ts";
import { compileTimeFormat, isoTime } from "./format-start-time.ts";
import { type OperatorCompiler, type OperatorTable, plain, whole } from "./operator.ts";

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

const TIME_POINTS: Readonly<Record<string, (context: FormatContext) => number | undefined>> = {
  DS_RX_BEG: () => 0,
  DS_RX_END: ({ streamInfo }) => streamInfo.lastDownstreamRxByteMs,
  US_TX_BEG: ({ streamInfo }) => streamInfo.firstUpstreamTxByteMs,
  US_TX_END: ({ streamInfo }) => streamInfo.lastUpstreamTxByteMs,
  US_RX_BEG: ({ streamInfo }) => streamInfo.firstUpstreamRxByteMs,
  US_RX_END: ({ streamInfo }) => streamInfo.lastUpstreamRxByteMs,
  DS_TX_BEG: ({ streamInfo }) => streamInfo.firstDownstreamTxByteMs,
  DS_TX_END: ({ streamInfo }) => streamInfo.lastDownstreamTxByteMs,
};
const PRECISIONS: Readonly<Record<string, number>> = { ms: 1, us: 1e3, ns: 1e6 };

const commonDuration: OperatorCompiler = (argument, name) => {
  const [startName = "", endName = "", unit = "ms"] = (argument ?? "").split(":");
  const start = TIME_POINTS[startName];
  const end = TIME_POINTS[endName];
  const factor = PRECISIONS[unit];
  if (start === undefined || end === undefined || factor === undefined) {
    return `%${name}(START:END:ms|us|ns)% takes the points ${Object.keys(TIME_POINTS).join(", ")}`;
  }
  return (context) => {
    const from = start(context);
    const to = end(context);
    return from === undefined || to === undefined || to < from ? undefined : Math.floor((to - from) * factor);
  };
};

const startTime = ({ streamInfo }: FormatContext): number => streamInfo.startTimeMs;

export const TIME_OPERATORS: OperatorTable = {
  START_TIME: time(startTime, false),
  START_TIME_LOCAL: time(startTime, true),
  EMIT_TIME: time(() => Date.now(), false),
  EMIT_TIME_LOCAL: time(() => Date.now(), true),
  DURATION: plain(({ streamInfo }) => whole(streamInfo.durationMs)),
  COMMON_DURATION: commonDuration,
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
