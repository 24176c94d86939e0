import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { change } from "../access/change.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { ConfigError, type Context } from "../contract.ts";
import { type KeyRing, parseKeyRing } from "../envelope/key-ring.ts";
import { newSecretKey } from "../envelope/load-key-ring.ts";
import { keyUses, readHolders } from "./key-status.ts";

/** Longer than the lease of a process that was killed. */
const KNOWN_DEADLINE_MS = 40_000;
const LOOK_MS = 250;

/**
 * Makes a new key the current one, without a stop: it is put behind the others first, becomes the current one when every running
 * process has it, and the control plane moves what is sealed over in the background. `settings.manage`. `bad_input` where the keys are the
 * operator's (the message says what to do), `conflict` when a process did not take the new key in time: nothing has changed then.
 */
export async function rotateKeys(
  context: Context,
): Promise<{ readonly current: string; readonly previous: string }> {
  const attempt = { permission: "settings.manage", action: "keys.rotate", subject: "keys" } as const;
  return await change(context, attempt, async (tx) => {
    const [lock] = await tx.execute<{ mine: boolean }>(
      sql`select pg_try_advisory_xact_lock(hashtext('config.rotate_keys')) as mine`,
    );
    if (lock?.mine !== true) throw new ConfigError("conflict", "somebody else rotates the keys now");
    const { ring, file } = ownRing(context);
    const previous = ring.current.id;
    const text = newSecretKey();
    const { id } = parseKeyRing(text).current;
    writeKeys(file, (keys) => [...keys, text]);
    ring.reload?.();
    try {
      await untilKnown(context, id);
    } catch (error) {
      writeKeys(file, (keys) => keys.filter((key) => key !== text));
      throw error;
    }
    writeKeys(file, (keys) => [text, ...keys.filter((key) => key !== text)]);
    ring.reload?.();
    await appendAudit(tx, context, {
      action: "keys.rotate",
      subject: "keys",
      details: { current: id, previous },
    });
    return { current: id, previous };
  });
}

/** Takes a key out that nothing is sealed with any more. `settings.manage`. `conflict` while something is; `not_found`; `bad_input`. */
export async function retireKey(context: Context, id: string): Promise<void> {
  const attempt = { permission: "settings.manage", action: "keys.retire", subject: `key/${id}` } as const;
  await change(context, attempt, async (tx) => {
    const { ring, file } = ownRing(context);
    if (ring.current.id === id) throw new ConfigError("conflict", "that is the current key; rotate first");
    if (!ring.older.some((key) => key.id === id)) throw new ConfigError("not_found", `there is no key ${id}`);
    const uses = (await keyUses(tx)).get(id) ?? 0;
    if (uses > 0) throw new ConfigError("conflict", `${uses} values are still sealed with the key ${id}`);
    writeKeys(file, (keys) => keys.filter((key) => parseKeyRing(key).current.id !== id));
    ring.reload?.();
    await appendAudit(tx, context, { action: "keys.retire", subject: `key/${id}` });
  });
}

function ownRing({ ring: keys }: Context): { readonly ring: KeyRing; readonly file: string } {
  if (keys?.ownFile !== undefined) return { ring: keys, file: keys.ownFile };
  throw new ConfigError(
    "bad_input",
    "the keys come from SLUICE_SECRET_KEY or SLUICE_SECRET_KEY_FILE: add a new one behind the first everywhere, then put it first " +
      "(with a variable, start the replicas again one by one after each step); what is sealed moves over by itself",
  );
}

async function untilKnown(context: Context, id: string): Promise<void> {
  const deadline = performance.now() + KNOWN_DEADLINE_MS;
  for (;;) {
    const holders = await readHolders(context.db, context.now);
    const without = holders.filter(({ keys }) => !keys.includes(id)).map(({ label }) => label);
    if (without.length === 0) return;
    if (performance.now() > deadline)
      throw new ConfigError("conflict", `these processes did not take the new key: ${without.join(", ")}`);
    await sleep(LOOK_MS);
  }
}

function keysIn(file: string): readonly string[] {
  return readFileSync(file, "utf8")
    .split(/[\s,]+/)
    .filter((part) => part !== "");
}

/** In one step, so that nobody reads half of it. */
function writeKeys(file: string, edit: (keys: readonly string[]) => readonly string[]): void {
  const next = `${file}.next`;
  writeFileSync(next, `${edit(keysIn(file)).join("\n")}\n`, { mode: 0o600 });
  renameSync(next, file);
}
