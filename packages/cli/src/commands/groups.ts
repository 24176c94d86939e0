import type { NodeGroup, NodeGroupSummary } from "@sluice/config";
import type { Column } from "../output.ts";

export const GROUP_COLUMNS: readonly Column<NodeGroup & Partial<NodeGroupSummary>>[] = [
  { title: "group", value: (row) => row.name },
  { title: "selector", value: (row) => row.selector || "(all others)" },
  { title: "version", value: (row) => (row.version === undefined ? "-" : String(row.version)) },
  { title: "rollout", value: (row) => (row.rollout === undefined ? "-" : String(row.rollout)) },
  {
    title: "nodes",
    value: (row) => (row.nodes === undefined ? "" : `${row.connected}/${row.nodes} connected`),
  },
  { title: "protected", value: (row) => (row.protected === undefined ? "" : `by ${row.protected.by}`) },
  {
    title: "probe",
    value: (row) =>
      row.probe === undefined ? "" : `${row.probe.method} ${row.probe.url} on ${row.probe.listener}`,
  },
  {
    title: "frozen",
    value: (row) => (row.frozen === undefined ? "" : `by ${row.frozen.by}: ${row.frozen.reason}`),
  },
];
