import type { AdminCommand, AdminParameter } from "./admin-command.ts";
import { HISTOGRAM_MODES } from "./histogram-text.ts";
import { prometheusPage } from "./prometheus-page.ts";
import { lookupCommands } from "./recent-lookups.ts";
import { STAT_FORMATS, STAT_TYPES } from "./stat-selection.ts";
import { statsPage } from "./stats-page.ts";

const USED_ONLY: AdminParameter = {
  name: "usedonly",
  help: "Only include stats that have been written by system since restart",
  flag: true,
};
const FILTER: AdminParameter = {
  name: "filter",
  help: "Regular expression (Google re2) for filtering stats",
};
const INVERT: AdminParameter = { name: "invert_filter", help: "Invert the filter regex", flag: true };
const BUCKETS: AdminParameter = {
  name: "histogram_buckets",
  help: "Histogram bucket display mode",
  values: HISTOGRAM_MODES,
};

export const STATS_COMMANDS: readonly AdminCommand[] = [
  {
    path: "/stats",
    queryOnly: true,
    help: "print server stats",
    parameters: [
      USED_ONLY,
      FILTER,
      INVERT,
      { name: "format", help: "Format to use", values: STAT_FORMATS },
      { name: "type", help: "Stat types to include.", values: STAT_TYPES },
      BUCKETS,
    ],
    run: (server, parameters, { headers }) => {
      if (server.statsFlush.onAdmin) server.statsFlush.flush();
      return statsPage(server.stats, parameters, headers.accept);
    },
  },
  {
    path: "/stats/prometheus",
    queryOnly: true,
    help: "print server stats in prometheus format",
    parameters: [
      USED_ONLY,
      {
        name: "text_readouts",
        help: "Render text_readouts as new gaugues with value 0 (increases Prometheus data size)",
        flag: true,
      },
      FILTER,
      INVERT,
      { ...BUCKETS, values: ["cumulative", "summary"] },
    ],
    run: (server, parameters, { headers }) => {
      if (server.statsFlush.onAdmin) server.statsFlush.flush();
      return prometheusPage(server.stats, parameters, headers.accept);
    },
  },
  ...lookupCommands,
];
