import type { Server } from "../server/server.ts";
import { type AdminCommand, json, OK } from "./admin-command.ts";

export const RUNTIME_COMMANDS: readonly AdminCommand[] = [
  { path: "/runtime", help: "print runtime values", run: (server) => json(runtimeValues(server)) },
  {
    path: "/runtime_modify",
    post: true,
    help: "Adds or modifies runtime values as passed in query parameters. To delete a previously added key, use an empty string as the value. Note that deletion only applies to overrides added via this endpoint; values loaded from disk can be modified via override but not deleted. E.g. ?key1=value1&key2=value2...",
    run: (server, parameters) => {
      if (parameters.size === 0) {
        const body =
          "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n       or send the parameters as form values\nuse an empty value to remove a previously added override";
        return { status: 400, body };
      }
      return server.modifyRuntime(parameters) ? OK : { status: 503, body: "No admin layer specified" };
    },
  },
];

function runtimeValues(server: Server): unknown {
  const { layers } = server.runtime;
  const print = (value: unknown): string =>
    value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const entries: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(server.runtime.merged())) {
    entries[key] = {
      layer_values: layers.map((layer) => print(layer.values[key])),
      final_value: print(value),
    };
  }
  return { entries, layers: layers.map((layer) => layer.name) };
}
