import { eq } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { ConfigError } from "../contract.ts";
import { seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { sealedSetting } from "../schema/index.ts";

/** Keeps one secret of the appliance itself, in place of an earlier one of this name. `invalid` where there is no key to seal it with. */
export async function keepSealedSetting(
  executor: Executor,
  ring: KeyRing | undefined,
  name: string,
  value: string,
): Promise<void> {
  if (ring === undefined)
    throw new ConfigError("invalid", "this server has no secret key to seal a secret with");
  const sealed = seal(ring, `setting/${name}`, Buffer.from(value));
  await executor
    .insert(sealedSetting)
    .values({ name, sealed })
    .onConflictDoUpdate({ target: sealedSetting.name, set: { sealed } });
}

/** Undefined when there is none. Throws `EnvelopeError` when no key here opens it. */
export async function openSealedSetting(
  executor: Executor,
  ring: KeyRing,
  name: string,
): Promise<string | undefined> {
  const [row] = await executor.select().from(sealedSetting).where(eq(sealedSetting.name, name));
  return row && unseal(ring, `setting/${name}`, row.sealed).toString("utf8");
}

/** Harmless when there is none. */
export async function forgetSealedSetting(executor: Executor, name: string): Promise<void> {
  await executor.delete(sealedSetting).where(eq(sealedSetting.name, name));
}

/** Of those whose names begin with `prefix`. */
export async function sealedSettingNames(executor: Executor, prefix: string): Promise<ReadonlySet<string>> {
  const rows = await executor.select({ name: sealedSetting.name }).from(sealedSetting);
  return new Set(rows.map(({ name }) => name).filter((name) => name.startsWith(prefix)));
}
