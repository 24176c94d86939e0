import type { Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS } from "../contract.ts";
import type { RowChange } from "./write-rows.ts";

/** Beyond it one hint stands for all: whoever listens looks at the whole draft anyway. */
const HINTS_MAX = 50;

/** Tells which rows changed; of one that was renamed, that the old name is gone (revision 0). */
export async function notifyDraft(tx: Transaction, changes: readonly RowChange[]): Promise<void> {
  const hints = changes.flatMap(({ row: { kind, name, revision }, stored }) => [
    { kind, name, revision },
    ...(stored === undefined || stored.name === name ? [] : [{ kind, name: stored.name, revision: 0 }]),
  ]);
  await notify(tx, CHANNELS.draft, ...(hints.length > HINTS_MAX ? [{ all: true }] : hints));
}
