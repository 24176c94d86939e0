import type { DescMessage, Message } from "@bufbuild/protobuf";
import type {
  Clock,
  Compiled,
  Log,
  Problem,
  Random,
  Runtime,
  StatsScope,
  Timers,
} from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { AccessLog } from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { FileAccessLog } from "@sluice/xds/gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import type {
  HttpGrpcAccessLogConfig,
  TcpGrpcAccessLogConfig,
} from "@sluice/xds/gen/envoy/extensions/access_loggers/grpc/v3/als_pb.js";
import type { OpenTelemetryAccessLogConfig } from "@sluice/xds/gen/envoy/extensions/access_loggers/open_telemetry/v3/logs_service_pb.js";
import type { StdoutAccessLog } from "@sluice/xds/gen/envoy/extensions/access_loggers/stream/v3/stream_pb.js";
import { refuseUnsupportedFields } from "../config-message/refuse-unsupported-fields.ts";
import { compileLineFormat } from "../formatter/compile-line-format.ts";
import type { FormatContext } from "../formatter/format-context.ts";
import type { TelemetryOutbox } from "../grpc/telemetry-outbox.ts";
import { ACCESS_LOG_SUPPORTED_FIELDS } from "./access-log-supported-fields.ts";
import type { AccessLogger, AccessLoggerFactory } from "./access-logger.ts";
import { compileAccessLogFilter, type LogCondition } from "./compile-access-log-filter.ts";
import { createFileStats } from "./file-stats.ts";
import { compileGrpcLogger } from "./grpc-logger.ts";
import { LogWriter } from "./log-writer.ts";
import { compileOtlpLogger } from "./otlp-logger.ts";
import { defineRelayedLogStats, type RelayedLog } from "./relayed-log-stats.ts";

export interface AccessLogDependencies {
  readonly clock: Clock;
  readonly random: Random;
  readonly runtime: Runtime;
  readonly timers: Timers;
  readonly outbox: TelemetryOutbox;
  readonly log: Log;
  /** The root scope. */
  readonly stats: StatsScope;
  /** How long lines of files wait at most. */
  readonly flushIntervalMs: number;
}

export interface AccessLoggers extends AccessLoggerFactory {
  /** Opens every file anew. */
  reopen(): void;
  /** Writes what waits. */
  flush(): void;
}

const FILE = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
const STDOUT = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
const STDERR = "envoy.extensions.access_loggers.stream.v3.StderrAccessLog";
const HTTP_GRPC = "envoy.extensions.access_loggers.grpc.v3.HttpGrpcAccessLogConfig";
const OTLP = "envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig";
const TCP_GRPC = "envoy.extensions.access_loggers.grpc.v3.TcpGrpcAccessLogConfig";

/** The access loggers of one thread; loggers of one path share one writer. */
export function createAccessLoggerFactory(use: AccessLogDependencies): AccessLoggers {
  const writers = new Map<string, LogWriter>();
  return {
    compile(configs, path) {
      const problems: Problem[] = [];
      const loggers: AccessLogger[] = [];
      configs.forEach((config, index) => {
        const compiled = compileOne(config, `${path}[${index}]`, use, writers);
        if (compiled.ok) loggers.push(compiled.value);
        else problems.push(...compiled.problems);
      });
      return problems.length > 0 ? { ok: false, problems } : { ok: true, value: loggers };
    },
    reopen() {
      for (const writer of writers.values()) writer.reopen();
    },
    flush() {
      for (const writer of writers.values()) writer.flushNow();
    },
  };
}

function compileOne(
  config: AccessLog,
  path: string,
  use: AccessLogDependencies,
  writers: Map<string, LogWriter>,
): Compiled<AccessLogger> {
  const condition =
    config.filter === undefined ? undefined : compileAccessLogFilter(config.filter, `${path}.filter`, use);
  const sink = compileSink(config, `${path}.typed_config`, use, writers);
  const problems = [
    ...(condition?.ok === false ? condition.problems : []),
    ...(sink.ok ? [] : sink.problems),
  ];
  if (problems.length > 0 || !sink.ok) return { ok: false, problems };
  return { ok: true, value: condition?.ok === true ? filtered(condition.value, sink.value) : sink.value };
}

function filtered(condition: LogCondition, logger: AccessLogger): AccessLogger {
  return {
    log: (context: FormatContext) => {
      if (condition(context)) logger.log(context);
    },
  };
}

function compileSink(
  config: AccessLog,
  path: string,
  use: AccessLogDependencies,
  writers: Map<string, LogWriter>,
): Compiled<AccessLogger> {
  const refuse = (message: string): Compiled<never> => ({
    ok: false,
    problems: [{ path, message, severity: "error" }],
  });
  const any = config.configType.case === "typedConfig" ? config.configType.value : undefined;
  if (any === undefined) return refuse(`access log '${config.name}' needs a typed_config`);
  const unpacked = unpackAny(any);
  if (!unpacked.ok) return refuse(unpacked.message);
  const problems = refuseUnsupportedFields(
    unpacked.schema,
    unpacked.message,
    ACCESS_LOG_SUPPORTED_FIELDS,
    path,
  );
  if (problems.length > 0) return { ok: false, problems };
  switch (unpacked.typeName) {
    case FILE:
      return lines(asFile(unpacked), asFile(unpacked).path, path, use, writers);
    case STDOUT:
      return lines(asStream(unpacked), "/dev/stdout", path, use, writers);
    case STDERR:
      return lines(asStream(unpacked), "/dev/stderr", path, use, writers);
    case HTTP_GRPC: {
      const grpc = asHttpGrpc(unpacked);
      return counted(compileGrpcLogger("http", grpc.commonConfig, grpc, path, use.outbox), use, "http");
    }
    case TCP_GRPC: {
      const { commonConfig } = asTcpGrpc(unpacked);
      return counted(compileGrpcLogger("tcp", commonConfig, undefined, path, use.outbox), use, "tcp");
    }
    case OTLP: {
      const otlp = asOtlp(unpacked);
      return counted(compileOtlpLogger(otlp, path, use.outbox), use, "otlp", otlp);
    }
    default:
      return refuse(`access log type ${unpacked.typeName} is not implemented`);
  }
}

/** Its stats are listed from now on. */
function counted(
  logger: Compiled<AccessLogger>,
  { stats }: AccessLogDependencies,
  kind: RelayedLog["kind"],
  otlp?: OpenTelemetryAccessLogConfig,
): Compiled<AccessLogger> {
  const overHttp = otlp?.httpService !== undefined;
  if (logger.ok) defineRelayedLogStats(stats, { kind, overHttp, statPrefix: otlp?.statPrefix ?? "" });
  return logger;
}

function lines(
  config: FileAccessLog | StdoutAccessLog,
  target: string,
  path: string,
  use: AccessLogDependencies,
  writers: Map<string, LogWriter>,
): Compiled<AccessLogger> {
  const format = compileLineFormat(config.accessLogFormat, path);
  if (!format.ok) return format;
  let writer = writers.get(target);
  if (writer === undefined) {
    try {
      writer = new LogWriter(target, use.timers, use.flushIntervalMs, use.log, createFileStats(use.stats));
    } catch (error) {
      const message = `cannot open '${target}': ${error instanceof Error ? error.message : String(error)}`;
      return { ok: false, problems: [{ path: `${path}.path`, message, severity: "error" }] };
    }
    writers.set(target, writer);
  }
  const to = writer;
  return { ok: true, value: { log: (context) => to.append(format.value.format(context)) } };
}

/** The callers have checked the type's name. */
interface Unpacked {
  readonly schema: DescMessage;
  readonly message: Message;
}
const asFile = ({ message }: Unpacked): FileAccessLog => message as FileAccessLog;
const asStream = ({ message }: Unpacked): StdoutAccessLog => message as StdoutAccessLog;
const asHttpGrpc = ({ message }: Unpacked): HttpGrpcAccessLogConfig => message as HttpGrpcAccessLogConfig;
const asOtlp = ({ message }: Unpacked): OpenTelemetryAccessLogConfig =>
  message as OpenTelemetryAccessLogConfig;
const asTcpGrpc = ({ message }: Unpacked): TcpGrpcAccessLogConfig => message as TcpGrpcAccessLogConfig;
