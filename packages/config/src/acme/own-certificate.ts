import { eq } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS, ConfigError } from "../contract.ts";
import { unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { managedCertificate } from "../schema/index.ts";
import { automaticName, automaticProblem } from "./automatic-name.ts";
import { managedMaterial, managedPurpose } from "./managed-material.ts";

/** PEM, the key in plain. */
export interface OwnCertificate {
  readonly certificate: string;
  readonly key: string;
}

/**
 * For the appliance itself, not for people: the automatic certificate that it serves its own pages with, asked for if nobody has.
 * Until an authority has issued it, a self-signed one. A row that is there already keeps what was chosen for it.
 *
 * @throws ConfigError `bad_input` when the names are none that a certificate can be for
 */
export async function readOwnCertificate(
  context: Pick<NodeContext, "sql">,
  keys: KeyRing,
  names: readonly string[],
): Promise<OwnCertificate> {
  const name = automaticName(names);
  const problem = automaticProblem(name);
  if (problem !== undefined) throw new ConfigError("bad_input", problem);
  const db = databaseOver(context.sql);
  await managedMaterial(db, keys, [name]);
  const [row] = await db.select().from(managedCertificate).where(eq(managedCertificate.name, name));
  if (row === undefined) throw new Error("the dashboard's certificate was removed while it was read");
  if (!row.requested)
    await db.transaction(async (tx) => {
      await tx.update(managedCertificate).set({ requested: true }).where(eq(managedCertificate.name, name));
      await notify(tx, CHANNELS.rollout, { acme: name });
    });
  return { certificate: row.chain, key: unseal(keys, managedPurpose(name), row.sealedKey).toString() };
}
