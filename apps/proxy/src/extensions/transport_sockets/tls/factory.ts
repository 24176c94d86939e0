import type {
  CommonTlsContext,
  DownstreamTlsContext,
  UpstreamTlsContext,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { secretKey } from "../../../secret/secret-lookup.ts";
import type { DownstreamTransportSocketFactory } from "../../../transport-socket/downstream-transport-socket.ts";
import {
  compileServerTlsState,
  type ServerTlsState,
} from "../../../transport-socket/tls/downstream-tls-context.ts";
import { DownstreamTlsSocket } from "../../../transport-socket/tls/downstream-tls-socket.ts";
import { KeyLog } from "../../../transport-socket/tls/key-log.ts";
import { ProblemSink } from "../../../transport-socket/tls/problem-sink.ts";
import { tlsSecretConfigs } from "../../../transport-socket/tls/tls-material.ts";
import { createClientTlsStats, createTlsStats } from "../../../transport-socket/tls/tls-stats.ts";
import { compileClientTlsState } from "../../../transport-socket/tls/upstream-tls-context.ts";
import { UpstreamTlsSocket } from "../../../transport-socket/tls/upstream-tls-socket.ts";
import type { UpstreamTransportSocketFactory } from "../../../transport-socket/upstream-transport-socket.ts";

export const downstreamTlsFactory: DownstreamTransportSocketFactory = {
  compile(message, context) {
    const config = asDownstreamTls(message);
    const { secrets, log } = context.worker;
    const sink = new ProblemSink("");
    const alpn = alpnOf(config.commonTlsContext, sink);
    const state = compileServerTlsState(config, secrets, sink);
    if (sink.problems.length > 0) return { ok: false, problems: sink.problems };
    const scope = context.stats.scope("server_ssl_socket_factory");
    const updated = scope.counter("ssl_context_update_by_sds");
    const notReady = scope.counter("downstream_context_secrets_not_ready");
    // Envoy's list of these is one for both directions.
    scope.counter("upstream_context_secrets_not_ready");
    const options = {
      alpn,
      requireSni: config.requireSni ?? false,
      keyLog: keyLogOf(config.commonTlsContext, sink),
    };
    if (sink.problems.length > 0) return { ok: false, problems: sink.problems };
    const socket = new DownstreamTlsSocket(options, state, createTlsStats(context.stats), () =>
      notReady.inc(),
    );
    const showExpiry = (shown: ServerTlsState | undefined): void => {
      // Workers' gauges are added up: one tells.
      if (context.worker.workerIndex === 0) shown?.showExpiry(context.stats);
    };
    showExpiry(state);
    const tickets = config.sessionTicketKeysType;
    const needed = [
      ...tlsSecretConfigs(config.commonTlsContext),
      ...(tickets.case === "sessionTicketKeysSdsSecretConfig" ? [tickets.value] : []),
    ];
    for (const secret of needed) {
      // As in Envoy the first one counts, too, unless it is the bootstrap's; and one listener's, however many workers have it.
      const counts = context.worker.workerIndex === 0 && secret.sdsConfig !== undefined;
      if (counts && secrets.get(secretKey(secret)) !== undefined) updated.inc();
      const unsubscribe = secrets.subscribe(secretKey(secret), () => {
        const found = new ProblemSink("");
        const next = compileServerTlsState(config, secrets, found);
        if (next !== undefined) {
          socket.state = next;
          showExpiry(next);
          if (counts) updated.inc();
        }
        for (const { path, message: what } of found.problems)
          log.error(`secret '${secret.name}' is not used: ${path}: ${what}`);
      });
      context.onClose(unsubscribe);
    }
    return { ok: true, value: socket };
  },
};

export const upstreamTlsFactory: UpstreamTransportSocketFactory = {
  compile(message, context) {
    const config = asUpstreamTls(message);
    const sink = new ProblemSink("");
    const alpn = alpnOf(config.commonTlsContext, sink);
    const state = compileClientTlsState(config, context.secrets, sink);
    if (sink.problems.length > 0) return { ok: false, problems: sink.problems };
    const stats = createClientTlsStats(context.stats);
    const options = {
      sni: config.sni,
      autoHostSni: config.autoHostSni,
      autoSniSanValidation: config.autoSniSanValidation,
      alpn,
      maxSessionKeys: config.maxSessionKeys ?? 1,
      enforceRsaKeyUsage: config.enforceRsaKeyUsage ?? false,
      keyLog: keyLogOf(config.commonTlsContext, sink),
    };
    if (sink.problems.length > 0) return { ok: false, problems: sink.problems };
    const socket = new UpstreamTlsSocket(options, state, stats.tls, () => stats.secretsNotReady.inc());
    for (const secret of tlsSecretConfigs(config.commonTlsContext)) {
      const unsubscribe = context.secrets.subscribe(secretKey(secret), () => {
        const found = new ProblemSink("");
        const next = compileClientTlsState(config, context.secrets, found);
        if (next !== undefined) socket.replace(next);
        for (const { path, message: what } of found.problems)
          context.onError(`secret '${secret.name}' is not used: ${path}: ${what}`);
      });
      context.onClose(unsubscribe);
    }
    return { ok: true, value: socket };
  },
};

/** RFC 7301: a name's length stands in one byte. */
const ALPN_BYTES_MAX = 255;

/** As in Envoy, which joins all entries of the list by commas, each may hold several. */
function alpnOf(common: CommonTlsContext | undefined, sink: ProblemSink): readonly string[] {
  return (common?.alpnProtocols ?? []).flatMap((entry, index) =>
    entry.split(",").filter((name) => {
      if (Buffer.byteLength(name) > ALPN_BYTES_MAX)
        sink.at(`common_tls_context.alpn_protocols[${index}]`).add("Invalid ALPN protocol string");
      return name !== "";
    }),
  );
}

function keyLogOf(common: CommonTlsContext | undefined, sink: ProblemSink): KeyLog | undefined {
  return common?.keyLog === undefined
    ? undefined
    : new KeyLog(common.keyLog, sink.at("common_tls_context.key_log"));
}

/** The registry found the factories by the message's type. */
function asDownstreamTls(message: unknown): DownstreamTlsContext {
  return message as DownstreamTlsContext;
}
function asUpstreamTls(message: unknown): UpstreamTlsContext {
  return message as UpstreamTlsContext;
}
