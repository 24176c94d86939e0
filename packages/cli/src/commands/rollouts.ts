import type { ListedRollout, RolloutEvent } from "@sluice/config";
import type { ApiClient } from "../api-client.ts";
import { CliError } from "../cli-error.ts";
import type { Column } from "../output.ts";

export const ROLLOUT_COLUMNS: readonly Column<ListedRollout>[] = [
  { title: "rollout", value: (row) => String(row.id) },
  { title: "group", value: (row) => row.group },
  { title: "version", value: (row) => String(row.version) },
  { title: "before", value: (row) => (row.previous === undefined ? "-" : String(row.previous)) },
  { title: "kind", value: (row) => row.kind },
  { title: "phase", value: (row) => row.phase },
  { title: "step", value: (row) => `${row.step + 1}/${row.strategy.steps.length} ${stageOf(row)}`.trim() },
  { title: "author", value: (row) => row.author },
  { title: "started", value: (row) => row.createdAt.toISOString() },
  { title: "reason", value: (row) => row.reason ?? "" },
];

export const EVENT_COLUMNS: readonly Column<RolloutEvent>[] = [
  { title: "at", value: (row) => row.at.toISOString() },
  { title: "event", value: (row) => row.kind },
  { title: "by", value: (row) => row.actor },
  { title: "reason", value: (row) => row.reason },
];

function stageOf({ phase, stage }: ListedRollout): string {
  return phase === "running" || phase === "paused" ? stage : "";
}

/** The rollout meant by a command that names none: the one under way, if there is exactly one. */
export async function rolloutUnderWay(client: ApiClient, group: string | undefined): Promise<number> {
  const groups = await client.group.list.query();
  const underWay = groups.flatMap((one) =>
    one.rollout !== undefined && (group === undefined || one.name === group)
      ? [{ group: one.name, rollout: one.rollout }]
      : [],
  );
  const [only, ...others] = underWay;
  if (only === undefined) throw new CliError("no rollout is under way");
  if (others.length === 0) return only.rollout;
  const list = underWay.map((one) => `${one.rollout} (${one.group})`).join(", ");
  throw new CliError(`several rollouts are under way: name one of ${list}`, 2);
}
