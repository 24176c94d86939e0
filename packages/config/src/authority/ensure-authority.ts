import { Authority, createAuthority } from "@sluice/join/certificates";
import { eq } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import { reseal, seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { authority } from "../schema/index.ts";

export const NODE_AUTHORITY = "nodes";
const PURPOSE = `authority/${NODE_AUTHORITY}`;

/**
 * The root that signs nodes' and control planes' certificates: made at the first start (of several replicas that start at
 * once, one makes it), its key sealed with the ring's current key, and moved to that when the ring was rotated.
 *
 * @throws EnvelopeError when it was sealed with a key that the ring has not
 */
export async function ensureAuthority(context: NodeContext, ring: KeyRing): Promise<Authority> {
  const db = databaseOver(context.sql);
  const read = () => db.select().from(authority).where(eq(authority.name, NODE_AUTHORITY));
  let [row] = await read();
  if (row === undefined) {
    const now = context.now();
    const made = await createAuthority("Sluice node authority", now);
    const sealedKey = seal(ring, PURPOSE, Buffer.from(made.keyPem));
    await db
      .insert(authority)
      .values({ name: NODE_AUTHORITY, certificate: made.certificatePem, sealedKey, createdAt: now })
      .onConflictDoNothing();
    [row] = await read();
  }
  if (row === undefined) throw new Error("the certificate authority was removed while it was read");
  const keyPem = unseal(ring, PURPOSE, row.sealedKey).toString();
  const resealed = reseal(ring, PURPOSE, row.sealedKey);
  if (resealed !== row.sealedKey)
    await db.update(authority).set({ sealedKey: resealed }).where(eq(authority.name, NODE_AUTHORITY));
  return await Authority.open({ certificatePem: row.certificate, keyPem });
}
