import { sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import {
  ConfigError,
  type Context,
  type NodeState,
  type ResourceKind,
  type ResourceRef,
} from "../contract.ts";
import { refreshAnalyses } from "../draft/draft-rows.ts";
import { listNodes } from "../node/list-nodes.ts";
import { blob, draftResource, secretValue } from "../schema/index.ts";
import { publicKeyOfPrivate } from "../secret/public-key.ts";
import { isToken } from "../secret/secret-token.ts";
import { NO_KINDS, readLive, readVersion } from "../version/read-live.ts";
import { type VersionKinds, versionEntries } from "../version/version-entries.ts";
import type { Certificate, CertificateNode, CertificateProblem, CertificateUse } from "./certificate.ts";
import { findCertificates } from "./find-certificates.ts";
import { findUses } from "./find-uses.ts";
import { keyProblem } from "./key-match.ts";
import { isLate, managedCertificateList } from "./managed-certificate-list.ts";
import { readChain } from "./read-chain.ts";

const DAY_MS = 86_400_000;

interface Source {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly hash: string;
  readonly json: unknown;
}

/**
 * Every TLS certificate of what is live and of the draft, those that expire first at the top. One that the draft has as it is live
 * comes once; those that renew themselves come too. Those in files of the nodes are listed without facts. `config.read`.
 */
export async function listCertificates(context: Context): Promise<readonly Certificate[]> {
  const { db } = context;
  await authorizeRead(context, "certificate.list");
  await refreshAnalyses(db);
  const live = (await readLive(db))?.version;
  const [liveSources, draftSources, publicKeys, nodes] = await Promise.all([
    readLiveSources(db, live?.kinds ?? NO_KINDS),
    readDraftSources(db),
    readPublicKeys(db),
    readHolders(context),
  ]);
  const now = context.now();
  const list = (sources: readonly Source[], stage: Certificate["stage"], shown: readonly Source[]) => {
    const uses = usesIn(sources);
    return shown.flatMap((source) =>
      certificatesOf(source, publicKeys, now).map(
        (found): Certificate => ({
          ...found,
          stage,
          uses: usesOf(source, uses),
          nodes: stage === "live" ? nodes.map((node) => node(source)) : [],
        }),
      ),
    );
  };
  const liveHashes = new Map(liveSources.map(({ kind, name, hash }) => [`${kind}/${name}`, hash]));
  const changed = draftSources.filter(({ kind, name, hash }) => liveHashes.get(`${kind}/${name}`) !== hash);
  const managed = await managedCertificateList(context, usesIn(liveSources));
  return [
    ...list(liveSources, "live", liveSources),
    ...list(draftSources, "draft", changed),
    ...managed,
  ].toSorted(
    (a, b) =>
      (a.daysLeft ?? Infinity) - (b.daysLeft ?? Infinity) || (a.resource.name < b.resource.name ? -1 : 1),
  );
}

/** The certificates of one resource. `not_found` when it has none. */
export async function getCertificates(context: Context, ref: ResourceRef): Promise<readonly Certificate[]> {
  const found = (await listCertificates(context)).filter(
    ({ resource }) => resource.kind === ref.kind && resource.name === ref.name,
  );
  if (found.length === 0)
    throw new ConfigError("not_found", `${ref.kind} '${ref.name}' holds no certificate`);
  return found;
}

/**
 * The live ones that expire within that time, or have expired; soonest first. For warnings and notifications. Of those that renew
 * themselves only what should have been renewed by now.
 */
export async function expiringCertificates(
  context: Context,
  withinMs: number,
): Promise<readonly (Certificate & { readonly daysLeft: number; readonly notAfter: Date })[]> {
  const now = context.now();
  const until = now.getTime() + withinMs;
  return (await listCertificates(context)).flatMap((certificate) => {
    const { stage, facts, daysLeft } = certificate;
    if (stage !== "live" || facts === undefined || daysLeft === undefined) return [];
    if (certificate.automatic !== undefined && !isLate(certificate, now)) return [];
    return facts.notAfter.getTime() <= until ? [{ ...certificate, daysLeft, notAfter: facts.notAfter }] : [];
  });
}

type Judged = Pick<Certificate, "resource" | "path" | "facts" | "daysLeft" | "problems">;

function certificatesOf(
  { kind, name, json }: Source,
  publicKeys: ReadonlyMap<string, string>,
  now: Date,
): readonly Judged[] {
  return findCertificates(json).map(({ path, chain, key }) => {
    const resource = { kind, name };
    const read = chain === undefined ? undefined : readChain(chain, now);
    const problems: CertificateProblem[] = [...(read?.problems ?? [])];
    if (chain !== undefined && read === undefined)
      problems.push({
        code: "unreadable",
        message: "the certificate chain cannot be read; put it there as PEM, the server's own first",
        severity: "error",
      });
    const own =
      key === undefined
        ? undefined
        : isToken(key)
          ? publicKeys.get(key)
          : publicKeyOfPrivate(Buffer.from(key));
    const mismatch = keyProblem(read?.publicKey, own);
    if (mismatch !== undefined) problems.unshift(mismatch);
    const daysLeft = read && Math.floor((read.facts.notAfter.getTime() - now.getTime()) / DAY_MS);
    return { resource, path, facts: read?.facts, daysLeft, problems };
  });
}

function usesIn(sources: readonly Source[]): ReadonlyMap<string, readonly CertificateUse[]> {
  const all = new Map<string, CertificateUse[]>();
  for (const { kind, name, json } of sources)
    for (const [secret, uses] of findUses({ kind, name }, json))
      all.set(secret, [...(all.get(secret) ?? []), ...uses]);
  return all;
}

function usesOf(
  { kind, name }: Source,
  uses: ReadonlyMap<string, readonly CertificateUse[]>,
): readonly CertificateUse[] {
  return kind === "secrets"
    ? (uses.get(name) ?? [])
    : [{ resource: { kind, name }, filterChain: undefined, serverNames: [] }];
}

const MATTERS = "(certificate_?chain|sds_?config)";

export async function readLiveSources(executor: Executor, kinds: VersionKinds): Promise<readonly Source[]> {
  const entries = await versionEntries(executor, kinds, ["listeners", "clusters", "secrets"]);
  const hashes = Object.values(entries).flatMap((kind) => [...kind.values()].map(([, hash]) => hash));
  if (hashes.length === 0) return [];
  return await executor
    .select({ kind: blob.kind, name: blob.name, hash: blob.hash, json: blob.json })
    .from(blob)
    .where(
      sql`${blob.hash} in (select json_array_elements_text(${JSON.stringify(hashes)}::text::json)) and ${blob.yaml} ~* ${MATTERS}`,
    );
}

async function readDraftSources(executor: Executor): Promise<readonly Source[]> {
  const { kind, name, hash, json } = draftResource;
  return await executor
    .select({ kind, name, hash, json })
    .from(draftResource)
    .where(sql`${draftResource.yaml} ~* ${MATTERS}`);
}

async function readPublicKeys(executor: Executor): Promise<ReadonlyMap<string, string>> {
  const rows = await executor
    .select({ id: secretValue.id, publicKey: secretValue.publicKey })
    .from(secretValue)
    .where(sql`${secretValue.publicKey} is not null`);
  return new Map(rows.map(({ id, publicKey }) => [id, publicKey ?? ""]));
}

/** For each connected node, what it has of a resource. */
async function readHolders(context: Context): Promise<readonly ((source: Source) => CertificateNode)[]> {
  const nodes = (await listNodes(context)).filter(({ connected }) => connected);
  const hashes = new Map<string, ReadonlyMap<string, string>>();
  const read = async (kind: ResourceKind, number: number) => {
    const key = `${kind} ${number}`;
    const known = hashes.get(key);
    if (known !== undefined) return known;
    const row = await readVersion(context.db, number);
    const entries = row && (await versionEntries(context.db, row.kinds, [kind]))[kind];
    const byName = new Map([...(entries?.values() ?? [])].map(([name, hash]) => [name, hash]));
    hashes.set(key, byName);
    return byName;
  };
  return await Promise.all(
    nodes.map(async (node) => {
      const byKind = new Map<ResourceKind, ReadonlyMap<string, string>>();
      for (const kind of ["listeners", "clusters", "secrets"] as const) {
        const number = effectiveNumber(node, kind);
        if (number !== undefined) byKind.set(kind, await read(kind, number));
      }
      return ({ kind, name, hash }: Source): CertificateNode => {
        const has = byKind.get(kind)?.get(name);
        return { id: node.id, state: has === hash ? "effective" : has === undefined ? "none" : "other" };
      };
    }),
  );
}

function effectiveNumber({ types }: NodeState, kind: ResourceKind): number | undefined {
  const found = types.find((type) => type.kind === kind);
  return found?.effectiveVersion;
}
