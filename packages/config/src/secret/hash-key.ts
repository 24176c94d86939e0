import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { sealedSetting } from "../schema/index.ts";

const NAME = "secret-hash-key";

/** The key that names secret values; made once per database, never changed: tokens are in immutable versions. */
export async function readHashKey(executor: Executor, keys: KeyRing): Promise<Uint8Array> {
  const read = () => executor.select().from(sealedSetting).where(eq(sealedSetting.name, NAME));
  let [row] = await read();
  if (row === undefined) {
    const sealed = seal(keys, settingPurpose(NAME), randomBytes(32));
    await executor.insert(sealedSetting).values({ name: NAME, sealed }).onConflictDoNothing();
    [row] = await read();
  }
  if (row === undefined) throw new Error("the key that names secrets was removed while it was read");
  return unseal(keys, settingPurpose(NAME), row.sealed);
}

export function settingPurpose(name: string): string {
  return `setting/${name}`;
}
