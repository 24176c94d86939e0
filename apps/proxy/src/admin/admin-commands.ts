import { type AdminCommand, json } from "./admin-command.ts";
import { certsPage } from "./certs-page.ts";
import { clustersJson, clustersText } from "./clusters-page.ts";
import { configDump } from "./config-dump.ts";
import { helpText } from "./help.ts";
import { initDump } from "./init-dump.ts";
import { listenersJson, listenersText } from "./listeners-page.ts";
import { loggingCommand } from "./logging-command.ts";
import { PROFILER_COMMANDS } from "./profiler-commands.ts";
import { RUNTIME_COMMANDS } from "./runtime-commands.ts";
import { SERVER_COMMANDS } from "./server-commands.ts";
import { compileFilter } from "./stat-filter.ts";
import { STATS_COMMANDS } from "./stats-commands.ts";

/** Every path of the admin interface but its home page. */
export const ADMIN_COMMANDS: readonly AdminCommand[] = [
  { path: "/certs", help: "print certs on machine", run: (server) => json(certsPage(server)) },
  {
    path: "/clusters",
    help: "upstream cluster status",
    parameters: [{ name: "filter", help: "Regular expression (Google re2) for filtering clusters by name" }],
    run: (server, parameters) => {
      const filter = compileFilter(parameters.get("filter"));
      if (typeof filter !== "function") return { status: 400, body: "Invalid re2 regex" };
      if (parameters.get("format") === "json") return json(clustersJson(server, filter));
      return { body: clustersText(server, filter) };
    },
  },
  {
    path: "/config_dump",
    help: "dump current Envoy configs",
    parameters: [
      { name: "resource", help: "The resource to dump" },
      {
        name: "mask",
        help: "The mask to apply. When both resource and mask are specified, the mask is applied to every element in the desired repeated field so that only a subset of fields are returned. The mask is parsed as a Protobuf::FieldMask",
      },
      {
        name: "name_regex",
        help: "Dump only the currently loaded configurations whose names match the specified regex. Can be used with both resource and mask query parameters.",
      },
      {
        name: "include_eds",
        help: "Dump currently loaded configuration including EDS. See the response definition for more information",
        flag: true,
      },
    ],
    run: (server, parameters) => configDump(server, parameters),
  },
  {
    path: "/help",
    help: "print out list of admin commands",
    run: () => ({ body: helpText(ADMIN_COMMANDS) }),
  },
  {
    path: "/init_dump",
    help: "dump current Envoy init manager information (experimental)",
    parameters: [
      {
        name: "mask",
        help: "The desired component to dump unready targets. The mask is parsed as a Protobuf::FieldMask. For example, get the unready targets of all listeners with /init_dump?mask=listener`",
      },
    ],
    run: (server, parameters) => json(initDump(server, parameters.get("mask"))),
  },
  {
    path: "/listeners",
    help: "print listener info",
    parameters: [{ name: "format", help: "File format to use", values: ["text", "json"] }],
    run: (server, parameters) =>
      parameters.get("format") === "json" ? json(listenersJson(server)) : { body: listenersText(server) },
  },
  loggingCommand,
  ...PROFILER_COMMANDS,
  ...RUNTIME_COMMANDS,
  ...SERVER_COMMANDS,
  ...STATS_COMMANDS,
];
