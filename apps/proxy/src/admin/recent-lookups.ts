import { type AdminCommand, OK } from "./admin-command.ts";

/**
 * Names of stats are looked up when configuration is compiled and never on the data path, so there is nothing to track; the
 * commands answer as an Envoy that has seen no look-up.
 */
let tracking = false;

export const lookupCommands: readonly AdminCommand[] = [
  {
    path: "/stats/recentlookups",
    help: "Show recent stat-name lookups",
    run: () => ({
      body: tracking
        ? "   Count Lookup\n\ntotal: 0\n"
        : "Lookup tracking is not enabled. Use /stats/recentlookups/enable to enable.\n\ntotal: 0\n",
    }),
  },
  {
    path: "/stats/recentlookups/clear",
    post: true,
    help: "clear list of stat-name lookups and counter",
    run: () => OK,
  },
  {
    path: "/stats/recentlookups/disable",
    post: true,
    help: "disable recording of reset stat-name lookup names",
    run: () => {
      tracking = false;
      return OK;
    },
  },
  {
    path: "/stats/recentlookups/enable",
    post: true,
    help: "enable recording of reset stat-name lookup names",
    run: () => {
      tracking = true;
      return OK;
    },
  },
];
