import { Authority, createAuthority } from "@sluice/join/certificates";
import { eq } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Executor } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS } from "../contract.ts";
import { reseal, seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { authority, authorityRotation } from "../schema/index.ts";
import { NEXT_AUTHORITY, NODE_AUTHORITY } from "./authority-names.ts";

/** Of every root, whatever its part: a root keeps its seal when it changes it. */
const PURPOSE = `authority/${NODE_AUTHORITY}`;

type AuthorityRow = typeof authority.$inferSelect;

/** The roots that there are now. */
export interface Authorities {
  /** What certificates are signed with. */
  readonly signing: Authority;
  /** PEM of every root that nodes and servers trust; the signing one first. */
  readonly trustedPem: string;
}

/**
 * The roots that sign and are trusted: the first is made at the first start (of several replicas that start at once, one makes it),
 * another one when a rotation was begun. Their keys are sealed with the ring's current key, and moved to that when the ring
 * was rotated.
 *
 * @throws EnvelopeError when it was sealed with a key that the ring has not
 */
export async function openAuthorities(context: NodeContext, ring: KeyRing): Promise<Authorities> {
  const db = databaseOver(context.sql);
  let rows = await readRoots(db);
  if (!rows.some(isSigning)) rows = await makeRoot(db, context, ring, NODE_AUTHORITY);
  const [rotation] = await db.select().from(authorityRotation);
  if (rotation?.phase === "trusting" && !rows.some(({ name }) => name === NEXT_AUTHORITY))
    rows = await makeNextRoot(context, ring);
  const signing = rows.find(isSigning);
  if (signing === undefined) throw new Error("the certificate authority was removed while it was read");
  const keyPem = unseal(ring, PURPOSE, signing.sealedKey).toString();
  for (const { name, sealedKey } of rows) {
    const resealed = reseal(ring, PURPOSE, sealedKey);
    if (resealed !== sealedKey)
      await db.update(authority).set({ sealedKey: resealed }).where(eq(authority.name, name));
  }
  return {
    signing: await Authority.open({ certificatePem: signing.certificate, keyPem }),
    trustedPem: [signing, ...rows.filter((row) => row !== signing)]
      .map(({ certificate }) => certificate)
      .join(""),
  };
}

/** The signing root alone. */
export async function ensureAuthority(context: NodeContext, ring: KeyRing): Promise<Authority> {
  return (await openAuthorities(context, ring)).signing;
}

/** A rotation that is taken back meanwhile leaves no root behind: both lock its row. */
async function makeNextRoot(context: NodeContext, ring: KeyRing): Promise<readonly AuthorityRow[]> {
  return await databaseOver(context.sql).transaction(async (tx) => {
    const [rotation] = await tx.select().from(authorityRotation).for("update");
    return rotation?.phase === "trusting"
      ? await makeRoot(tx, context, ring, NEXT_AUTHORITY)
      : await readRoots(tx);
  });
}

async function makeRoot(
  db: Executor,
  context: NodeContext,
  ring: KeyRing,
  name: string,
): Promise<readonly AuthorityRow[]> {
  const now = context.now();
  const made = await createAuthority("Sluice node authority", now);
  const sealedKey = seal(ring, PURPOSE, Buffer.from(made.keyPem));
  await db
    .insert(authority)
    .values({ name, certificate: made.certificatePem, sealedKey, createdAt: now })
    .onConflictDoNothing();
  await notify(db, CHANNELS.join, { authority: name });
  return await readRoots(db);
}

async function readRoots(db: Executor): Promise<readonly AuthorityRow[]> {
  return await db.select().from(authority).orderBy(authority.createdAt);
}

function isSigning({ name }: AuthorityRow): boolean {
  return name === NODE_AUTHORITY;
}
