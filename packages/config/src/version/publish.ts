import { inArray, max, sql } from "drizzle-orm";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import { isAutomatic } from "../acme/automatic-name.ts";
import { type Started, startOrAsk } from "../approval/start-or-ask.ts";
import { appendAudit } from "../audit/append-audit.ts";
import { byKind } from "../by-kind.ts";
import {
  ConfigError,
  type Context,
  DEFAULT_GROUP,
  RESOURCE_KINDS,
  type ResourceKind,
  type SyntheticProbe,
  type Version,
} from "../contract.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { draftProblems, type ReadDraft, readDraft } from "../draft/read-draft.ts";
import { indexPublished } from "../history/index-history.ts";
import { checkBeforePublish, type PublishOverride } from "../publish-check/check-before-publish.ts";
import { completeStrategy, type StrategyInput } from "../rollout/complete-strategy.ts";
import { type ClaimedGroup, claimGroup, withGroupProbe } from "../rollout/start-rollout.ts";
import { storeTestSet } from "../route-test/read-tests.ts";
import { bucket, tree, version } from "../schema/index.ts";
import { type BuiltTree, buildTree } from "./build-tree.ts";
import { draftConflict } from "./draft-conflict.ts";
import { NO_KINDS, readVersion, toVersion } from "./read-live.ts";
import type { VersionKinds } from "./version-entries.ts";
import { versionHash } from "./version-hash.ts";

export interface PublishInput {
  readonly message: string;
  /** `hash` of `diffDraft`, `checkDraft` or `draftStatus`; omit to publish whatever the draft is. */
  readonly expectedDraftHash?: string | undefined;
  /** Whose nodes get it; default: the default group. */
  readonly group?: string | undefined;
  /** Default: all of the group's nodes at once. */
  readonly strategy?: StrategyInput | undefined;
  /** Publish although checks fail: route tests, or the data plane's dry run. Needs config.override. */
  readonly override?: PublishOverride | undefined;
}

/** The version, and its rollout or the request for it. */
export type Published = Started & { readonly version: Version };

/** Freezes the draft into an immutable version and starts its rollout to a group of nodes, or where the group is protected, asks another
 * person for it. Needs config.publish in the group. One transaction.
 * `conflict` when somebody published, rolled back or edited since `expectedDraftHash` was read (details: ConflictDetails) or
 * a canary is under way in the group, or the same waits for approval there already, `invalid` when the draft has errors (InvalidDetails) or fails a check
 * (PublishRefusal), `nothing_to_publish`, `frozen`, `bad_input`. */
export async function publish(context: Context, input: PublishInput): Promise<Published> {
  const attempt = {
    permission: "config.publish",
    scope: { group: input.group ?? DEFAULT_GROUP },
    action: "version.publish",
    subject: "draft",
  } as const;
  return await change(context, attempt, async (tx) => {
    const strategy = completeStrategy(input.strategy);
    await lockDraft(tx, "update");
    const draft = await readDraft(tx, context.now);
    if (input.expectedDraftHash !== undefined && input.expectedDraftHash !== draft.hash) {
      throw await draftConflict(tx, draft);
    }
    refuseProblems(draft);
    await checkBeforePublish(tx, context, draft, input.override);
    const claimed = await claimGroup(tx, input.group ?? DEFAULT_GROUP, "publish");
    const trees = buildTrees(draft);
    refuseMissingListener(draft, withGroupProbe(strategy, claimed.group).probe);
    const content = { kinds: versionKinds(draft, trees), routeTests: await storeTestSet(tx) };
    await refuseUnchanged(tx, claimed, content);
    await storeContent(tx, draft, trees);
    const published = await writeVersion(tx, context, input.message, draft, content);
    await indexPublished(tx, published.number);
    const { message, override } = input;
    const order = { version: published.number, kind: "publish", strategy, message } as const;
    const started = await startOrAsk(tx, context, claimed, { ...order, override: override?.reason });
    await appendAudit(tx, context, {
      action: "version.publish",
      subject: `version/${published.number}`,
      details: { message, hash: published.hash, group: claimed.group.name, ...idOf(started) },
    });
    return { version: published, ...started };
  });
}

/** For the audit log. */
export function idOf({ rollout, request }: Started): Readonly<Record<string, number>> {
  return rollout === undefined ? { request: request.id } : { rollout: rollout.id };
}

/** Nothing may ever have been published to the group, and the draft be empty: that is nothing new either. */
interface VersionContent {
  readonly kinds: VersionKinds;
  /** Hash of the set of route tests, "" of none. */
  readonly routeTests: string;
}

async function refuseUnchanged(
  tx: Transaction,
  claimed: ClaimedGroup,
  { kinds, routeTests }: VersionContent,
): Promise<void> {
  const head = claimed.head === null ? undefined : await readVersion(tx, claimed.head);
  const before = head?.kinds ?? NO_KINDS;
  if (routeTests !== (head?.routeTests ?? "")) return;
  if (RESOURCE_KINDS.some((kind) => kinds[kind].tree !== before[kind].tree)) return;
  const { name } = claimed.group;
  const message =
    name === DEFAULT_GROUP
      ? "the draft is what is live already"
      : `the draft is what group '${name}' has already`;
  throw new ConfigError("nothing_to_publish", message);
}

/** A synthetic request to nothing would take the rollout back, after it went out. */
function refuseMissingListener(draft: ReadDraft, probe: SyntheticProbe | null | undefined): void {
  if (!probe) return;
  const listeners = draft.rows.filter(({ kind }) => kind === "listeners").map(({ name }) => name);
  if (listeners.includes(probe.listener)) return;
  const known = listeners.length === 0 ? "none" : listeners.slice(0, 10).join(", ");
  throw new ConfigError(
    "bad_input",
    `the synthetic request goes to the listener '${probe.listener}', which the draft does not have: it has ${known}`,
  );
}

function refuseProblems(draft: ReadDraft): void {
  const problems = draftProblems(draft).filter(({ problem }) => problem.severity === "error");
  if (problems.length === 0) return;
  const found =
    problems.length === 1
      ? "the draft has an error; correct it first"
      : `the draft has ${problems.length} errors; correct them first`;
  throw new ConfigError("invalid", found, { problems });
}

type Trees = Readonly<Record<ResourceKind, BuiltTree>>;

function buildTrees(draft: ReadDraft): Trees {
  return byKind((wanted) =>
    buildTree(
      draft.rows
        .filter(({ kind }) => kind === wanted)
        .map(({ name, hash, messageHash }) => [name, hash, messageHash ?? ""] as const),
    ),
  );
}

function versionKinds(draft: ReadDraft, trees: Trees): VersionKinds {
  const referred = new Set(
    draft.rows.flatMap(({ analysis }) => analysis.references.map(({ kind, name }) => `${kind}/${name}`)),
  );
  const kinds = byKind((kind) => ({
    tree: trees[kind].hash,
    count: trees[kind].count,
    contentHash: trees[kind].contentHash,
    wanted:
      kind === "listeners" || kind === "clusters"
        ? trees[kind].count > 0
        : draft.rows.some((row) => row.kind === kind && referred.has(`${kind}/${row.name}`)),
  }));
  const secrets = draft.rows.filter(
    ({ kind, name }) => kind === "secrets" && referred.has(`${kind}/${name}`),
  );
  const automatic = [...referred]
    .filter((key) => key.startsWith("secrets/"))
    .map((key) => key.slice("secrets/".length))
    .filter(isAutomatic)
    .toSorted();
  return {
    ...kinds,
    secrets: {
      ...kinds.secrets,
      wanted: secrets.length + automatic.length > 0,
      referred: secrets.map(({ name }) => name),
      ...(automatic.length === 0 ? {} : { automatic }),
    },
  };
}

/** Writes what no version has yet; blobs are copied inside the database. */
async function storeContent(tx: Transaction, draft: ReadDraft, trees: Trees): Promise<void> {
  const fresh = draft.rows
    .filter((row) => draft.liveEntries[row.kind].get(row.name)?.[1] !== row.hash)
    .map(({ hash }) => hash);
  await tx.execute(sql`
    insert into config.blob (hash, kind, name, yaml, json, message, message_hash)
    select hash, kind, name, yaml, json, message, message_hash from config.draft_resource
    where hash in (select json_array_elements_text(${JSON.stringify(fresh)}::text::json))
    on conflict do nothing`);
  const contents = new Map(RESOURCE_KINDS.flatMap((kind) => [...trees[kind].contents]));
  const known = await tx
    .select({ hash: bucket.hash })
    .from(bucket)
    .where(inArray(bucket.hash, contents.size > 0 ? [...contents.keys()] : [""]));
  for (const { hash } of known) contents.delete(hash);
  if (contents.size > 0) {
    const rows = [...contents].map(([hash, entries]) => ({ hash, entries }));
    await tx.insert(bucket).values(rows).onConflictDoNothing();
  }
  await tx
    .insert(tree)
    .values(RESOURCE_KINDS.map((kind) => ({ hash: trees[kind].hash, buckets: trees[kind].buckets })))
    .onConflictDoNothing();
}

async function writeVersion(
  tx: Transaction,
  context: Context,
  message: string,
  draft: ReadDraft,
  { kinds, routeTests }: VersionContent,
): Promise<Version> {
  const [newest] = await tx.select({ number: max(version.number) }).from(version);
  const number = (newest?.number ?? 0) + 1;
  const row = {
    number,
    hash: versionHash(kinds, routeTests),
    parent: draft.live?.version.number ?? null,
    message,
    author: context.actor.name,
    authorId: context.actor.id,
    createdAt: context.now(),
    resourceCount: draft.rows.length,
    kinds,
    routeTests,
  };
  await tx.insert(version).values(row);
  return toVersion(row, number);
}
