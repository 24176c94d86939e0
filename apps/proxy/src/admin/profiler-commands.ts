import type { Server } from "../server/server.ts";
import {
  type AdminCommand,
  type AdminParameter,
  type AdminReply,
  notSupported,
  OK,
} from "./admin-command.ts";

const USAGE: AdminReply = { status: 400, body: "?enable=<y|n>\n" };
const DEFAULT_PATH = "/var/log/envoy/envoy.prof";

const enable = (what: string): readonly AdminParameter[] => [
  { name: "enable", help: `enables the ${what} profiler`, values: ["y", "n"] },
];

/** Profiles of V8, one file per thread behind the configured `profile_path`. */
export const PROFILER_COMMANDS: readonly AdminCommand[] = [
  {
    path: "/cpuprofiler",
    post: true,
    help: "enable/disable the CPU profiler",
    parameters: enable("CPU"),
    run: (server, parameters) => profile(server, "cpu", parameters),
  },
  {
    path: "/heapprofiler",
    post: true,
    help: "enable/disable the heap profiler",
    parameters: enable("heap"),
    run: (server, parameters) => profile(server, "heap", parameters),
  },
  {
    path: "/allocprofiler",
    post: true,
    help: "enable/disable the allocation profiler (if supported)",
    parameters: [{ name: "enable", help: "enable/disable the allocation profiler", values: ["y", "n"] }],
    run: (_server, parameters) =>
      /^[yn]$/.test(parameters.get("enable") ?? "") ? notSupported("allocation profiler") : USAGE,
  },
  {
    path: "/heap_dump",
    help: "dump current Envoy heap (if supported)",
    run: () => notSupported("heap dump"),
  },
  {
    path: "/peak_heap_dump",
    help: "dump peak Envoy heap (if supported)",
    run: () => notSupported("peak heap dump"),
  },
  {
    path: "/contention",
    help: "dump current Envoy mutex contention stats (if enabled)",
    run: () => ({
      body: "Mutex contention tracing is not enabled. To enable, run Envoy with flag --enable-mutex-tracing.",
    }),
  },
];

async function profile(
  server: Server,
  kind: "cpu" | "heap",
  parameters: URLSearchParams,
): Promise<AdminReply> {
  const given = parameters.get("enable");
  if (given !== "y" && given !== "n") return USAGE;
  const path = server.bootstrap.message.admin?.profilePath || DEFAULT_PATH;
  const problems = await server.threads.profile(kind, given === "y" ? "start" : path);
  if (problems.length === 0) return OK;
  return {
    status: 500,
    body: `failure to ${given === "y" ? "start" : "stop"} the profiler: ${problems.join("; ")}\n`,
  };
}
