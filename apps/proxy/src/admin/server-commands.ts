import { type AdminCommand, json, OK } from "./admin-command.ts";
import { serverInfo } from "./server-info.ts";

export const SERVER_COMMANDS: readonly AdminCommand[] = [
  {
    path: "/drain_listeners",
    post: true,
    help: "drain listeners",
    parameters: [
      {
        name: "graceful",
        help: "When draining listeners, enter a graceful drain period prior to closing listeners. This behaviour and duration is configurable via server options or CLI",
        flag: true,
      },
      {
        name: "skip_exit",
        help: "When draining listeners, drain the connections but never stop the listeners. The graceful parameter has no effect when this is set, since the drain period only delays stopping the listeners",
        flag: true,
      },
      {
        name: "inboundonly",
        help: "Drains all inbound listeners. traffic_direction field in envoy_v3_api_msg_config.listener.v3.Listener is used to determine whether a listener is inbound or outbound.",
        flag: true,
      },
    ],
    run: async (server, parameters) => {
      await server.listenerDrain.begin({
        graceful: parameters.has("graceful"),
        inboundOnly: parameters.has("inboundonly"),
        keepListening: parameters.has("skip_exit"),
      });
      return OK;
    },
  },
  {
    path: "/healthcheck/fail",
    post: true,
    help: "cause the server to fail health checks",
    run: (server) => {
      server.drain.setHealthCheckFailed(true);
      return OK;
    },
  },
  {
    path: "/healthcheck/ok",
    post: true,
    help: "cause the server to pass health checks",
    run: (server) => {
      server.drain.setHealthCheckFailed(false);
      return OK;
    },
  },
  {
    path: "/hot_restart_version",
    help: "print the hot restart compatibility version",
    run: () => ({ body: "disabled" }),
  },
  { path: "/memory", help: "print current allocation/heap usage", run: () => json(memory()) },
  {
    path: "/quitquitquit",
    post: true,
    help: "exit the server",
    run: (server) => ({ ...OK, after: () => void server.stop() }),
  },
  {
    path: "/ready",
    help: "print server state, return 200 if LIVE, otherwise return 503",
    run: (server) => ({ status: server.readiness === "LIVE" ? 200 : 503, body: `${server.readiness}\n` }),
  },
  {
    path: "/reopen_logs",
    post: true,
    help: "reopen access logs",
    run: async (server) => {
      await server.reopenLogs();
      return OK;
    },
  },
  {
    path: "/reset_counters",
    post: true,
    help: "reset all counters to zero",
    run: (server) => {
      server.stats.resetCounters();
      return OK;
    },
  },
  {
    path: "/server_info",
    help: "print server version/status information",
    run: (server) => json(serverInfo(server)),
  },
];

function memory(): unknown {
  const usage = process.memoryUsage();
  return {
    allocated: String(usage.heapUsed + usage.external),
    heap_size: String(usage.heapTotal),
    pageheap_unmapped: "0",
    pageheap_free: String(usage.heapTotal - usage.heapUsed),
    total_thread_cache: "0",
    total_physical_bytes: String(usage.rss),
  };
}
