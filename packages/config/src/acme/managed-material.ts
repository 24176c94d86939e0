import { createHash } from "node:crypto";
import { toBinary } from "@bufbuild/protobuf";
import { createSelfSigned } from "@sluice/join/certificates";
import { messageDescriptor, parseYaml } from "@sluice/xds";
import { inArray, sql } from "drizzle-orm";
import { databaseOver } from "../access/database-over.ts";
import type { Executor } from "../access/executor.ts";
import { KIND_TYPES } from "../contract.ts";
import { seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import type { NodeContext } from "../node/record-node-events.ts";
import { managedCertificate } from "../schema/index.ts";
import { automaticNames, automaticProblem } from "./automatic-name.ts";

export function managedPurpose(name: string): string {
  return `managed/${name}`;
}

export interface ManagedMaterial {
  readonly name: string;
  /** Another one after each renewal. */
  readonly hash: string;
  /** The encoded secret, the key in plain. */
  readonly value: Uint8Array;
}

const TEMPORARY_MS = 365 * 86_400_000;

/** The current material of automatic certificates; what has none yet gets a temporary one, so that listeners come up. */
export async function managedMaterial(
  executor: Executor,
  keys: KeyRing,
  names: readonly string[],
): Promise<readonly ManagedMaterial[]> {
  const wanted = names.filter((name) => automaticProblem(name) === undefined);
  if (wanted.length === 0) return [];
  const read = () =>
    executor
      .select({
        name: managedCertificate.name,
        chain: managedCertificate.chain,
        key: managedCertificate.sealedKey,
      })
      .from(managedCertificate)
      .where(inArray(managedCertificate.name, [...wanted]));
  let rows = await read();
  const missing = wanted.filter((name) => !rows.some((row) => row.name === name));
  if (missing.length > 0) {
    for (const name of missing) await makeTemporary(executor, keys, name);
    rows = await read();
  }
  return rows
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, chain, key }) => ({
      name,
      hash: createHash("sha256").update(chain).digest("hex"),
      value: secretOf(name, chain, unseal(keys, managedPurpose(name), key).toString()),
    }));
}

async function makeTemporary(executor: Executor, keys: KeyRing, name: string): Promise<void> {
  const now = new Date();
  const names = automaticNames(name);
  const made = await createSelfSigned(names, now, TEMPORARY_MS);
  await executor
    .insert(managedCertificate)
    .values({
      name,
      names,
      state: "temporary",
      chain: made.certificatePem,
      sealedKey: seal(keys, managedPurpose(name), Buffer.from(made.keyPem)),
      notAfter: made.notAfter,
      dueAt: now,
      failures: 0,
      updatedAt: now,
    })
    .onConflictDoNothing();
}

export function secretOf(name: string, chain: string, key: string): Uint8Array {
  const schema = messageDescriptor(KIND_TYPES.secrets);
  const json = {
    name,
    tls_certificate: { certificate_chain: { inline_string: chain }, private_key: { inline_string: key } },
  };
  const { message } = parseYaml(JSON.stringify(json), schema);
  if (message === undefined) throw new Error("an automatic certificate makes no secret");
  return toBinary(schema, message);
}

/**
 * Changes whenever what nodes get of automatic certificates does, their challenges included: what a control replica asks when it was
 * notified.
 */
export async function managedRevision(context: Pick<NodeContext, "sql">): Promise<string> {
  const [row] = await databaseOver(context.sql).execute<{ revision: string }>(
    sql`select md5(coalesce((select string_agg(concat_ws('|', name, chain, challenge, listener, requested), ',' order by name)
        from config.managed_certificate), '') || '/' ||
      coalesce((select string_agg(token, ',' order by token)
        from config.acme_challenge where type = 'tls-alpn-01'), '')) as revision`,
  );
  return row?.revision ?? "";
}
