import type { IncomingMessage, ServerResponse } from "node:http";
import { create } from "@bufbuild/protobuf";
import type { Compiled, Log, Problem, Runtime } from "@sluice/extension-api";
import { type CompiledStringMatcher, compileStringMatcher } from "@sluice/matching";
import { packAny } from "@sluice/xds";
import { type AccessLog, AccessLogSchema } from "@sluice/xds/gen/envoy/config/accesslog/v3/accesslog_pb.js";
import type { Admin } from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import { FileAccessLogSchema } from "@sluice/xds/gen/envoy/extensions/access_loggers/file/v3/file_pb.js";
import type { AccessLogger } from "../access-log/access-logger.ts";
import { type AccessLoggers, createAccessLoggerFactory } from "../access-log/create-access-logger-factory.ts";
import { socketAddressText } from "../connection/socket-address.ts";
import { systemClock, systemRandom, systemTimers } from "../event/system-time.ts";
import { TelemetryOutbox } from "../grpc/telemetry-outbox.ts";
import { Headers } from "../http/header-map.ts";
import { discardingStats } from "../stats/thread-stats.ts";
import { RequestStreamInfo } from "../stream-info/request-stream-info.ts";
import type { AdminReply } from "./admin-command.ts";

let nextConnectionId = 1;

/** Who may ask what of the admin interface, and the log of it (`admin.allow_paths`, `admin.access_log`). */
export class AdminAccess {
  readonly #paths: readonly CompiledStringMatcher[];
  readonly #loggers: readonly AccessLogger[];
  readonly #factory: AccessLoggers;

  private constructor(
    paths: readonly CompiledStringMatcher[],
    loggers: readonly AccessLogger[],
    factory: AccessLoggers,
  ) {
    this.#paths = paths;
    this.#loggers = loggers;
    this.#factory = factory;
  }

  static compile(
    config: Admin | undefined,
    use: { readonly runtime: Runtime; readonly log: Log; readonly flushIntervalMs: number },
  ): Compiled<AdminAccess> {
    const problems: Problem[] = [];
    const paths = (config?.allowPaths ?? []).flatMap((path, i) => {
      const matcher = compileStringMatcher(path, `admin.allow_paths[${i}]`);
      if (matcher.ok) return [matcher.value];
      problems.push(...matcher.problems);
      return [];
    });
    const factory = createAccessLoggerFactory({
      stats: discardingStats(),
      clock: systemClock,
      random: systemRandom,
      timers: systemTimers,
      outbox: new TelemetryOutbox(() => {}, systemTimers),
      ...use,
    });
    const loggers = factory.compile(accessLogsOf(config), "admin.access_log");
    if (!loggers.ok) problems.push(...loggers.problems);
    if (problems.length > 0 || !loggers.ok) return { ok: false, problems };
    return { ok: true, value: new AdminAccess(paths, loggers.value, factory) };
  }

  /** `target`: path and query. */
  allows(target: string): boolean {
    return this.#paths.length === 0 || this.#paths.some((path) => path.matches(target));
  }

  /** `bytesSent`: of the body. */
  log(
    request: IncomingMessage,
    response: ServerResponse,
    reply: AdminReply,
    bytesSent: number,
    startedMs: number,
  ): void {
    if (this.#loggers.length === 0) return;
    const info = new RequestStreamInfo(startedMs, 0);
    info.protocol = `HTTP/${request.httpVersion}`;
    info.responseCode = reply.status ?? 200;
    info.responseCodeDetails = "via_upstream";
    info.durationMs = Date.now() - startedMs;
    info.bytesSent = bytesSent;
    const fields = [
      ":method",
      request.method ?? "",
      ":path",
      request.url ?? "/",
      ":authority",
      request.headers.host ?? "",
    ];
    for (const [name, value] of Object.entries(request.headers)) {
      if (name !== "host")
        for (const one of Array.isArray(value) ? value : [value ?? ""]) fields.push(name, one);
    }
    const { socket } = request;
    const remoteAddress = socketAddressText(socket.remoteAddress, socket.remotePort);
    const context = {
      request: new Headers(fields),
      response: responseHeaders(response),
      responseTrailers: undefined,
      streamInfo: info,
      connection: {
        id: nextConnectionId++,
        directRemoteAddress: remoteAddress,
        remoteAddress,
        localAddress: socketAddressText(socket.localAddress, socket.localPort),
        requestedServerName: undefined,
        tls: undefined,
      },
      accessLogType: "DownstreamEnd" as const,
    };
    for (const logger of this.#loggers) logger.log(context);
  }

  flush(): void {
    this.#factory.flush();
  }

  reopen(): void {
    this.#factory.reopen();
  }
}

/** `access_log_path` is an older way to ask for a file log. */
function accessLogsOf(config: Admin | undefined): readonly AccessLog[] {
  const { accessLog = [], accessLogPath = "" } = config ?? {};
  if (accessLogPath === "") return accessLog;
  const typed = packAny(FileAccessLogSchema, create(FileAccessLogSchema, { path: accessLogPath }));
  const file = create(AccessLogSchema, {
    name: "envoy.access_loggers.file",
    configType: { case: "typedConfig", value: typed },
  });
  return [...accessLog, file];
}

function responseHeaders(response: ServerResponse): Headers {
  const fields = [":status", String(response.statusCode)];
  for (const [name, value] of Object.entries(response.getHeaders())) fields.push(name, String(value));
  return new Headers(fields);
}
