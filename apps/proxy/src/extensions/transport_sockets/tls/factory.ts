import type { DownstreamTlsContext } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import type { DownstreamTransportSocketFactory } from "../../../transport-socket/downstream-transport-socket.ts";
import { compileServerTlsState } from "../../../transport-socket/tls/downstream-tls-context.ts";
import { DownstreamTlsSocket } from "../../../transport-socket/tls/downstream-tls-socket.ts";
import { ProblemSink } from "../../../transport-socket/tls/problem-sink.ts";
import { createTlsStats } from "../../../transport-socket/tls/tls-stats.ts";

export const downstreamTlsFactory: DownstreamTransportSocketFactory = {
  compile(message, context) {
    const config = asDownstreamTls(message);
    const sink = new ProblemSink("");
    const state = compileServerTlsState(config, context.worker.secrets.ticketSeed, sink);
    if (sink.problems.length > 0) return { ok: false, problems: sink.problems };
    const notReady = context.stats
      .scope("server_ssl_socket_factory")
      .counter("downstream_context_secrets_not_ready");
    const options = {
      alpn: config.commonTlsContext?.alpnProtocols ?? [],
      requireSni: config.requireSni ?? false,
    };
    return {
      ok: true,
      value: new DownstreamTlsSocket(options, state, createTlsStats(context.stats), () => notReady.inc()),
    };
  },
};

/** The registry found the factory by the message's type. */
function asDownstreamTls(message: unknown): DownstreamTlsContext {
  return message as DownstreamTlsContext;
}
