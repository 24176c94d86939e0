import { and, eq, gt, sql } from "drizzle-orm";
import { authorizeRead } from "../access/authorize.ts";
import type { Executor } from "../access/executor.ts";
import type { Context, ResourceProblem } from "../contract.ts";
import { type ReadDraft, readDraft } from "../draft/read-draft.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { REPLICA_LEASE_MS } from "../node/lease.ts";
import { controlReplica, draftResource, node } from "../schema/index.ts";
import { openSecrets } from "../secret/open-secrets.ts";
import type { DataPlaneCheck, DataPlaneQuestion, DataPlaneVerdict } from "./data-plane-check.ts";

/** What the data plane says of the draft. */
export interface DryRun {
  /** `refused`: at least one resource. `unavailable`: nobody could be asked, for `reason`. */
  readonly state: "accepted" | "refused" | "unavailable";
  readonly reason: string | undefined;
  readonly problems: readonly ResourceProblem[];
  /** How many resources were judged. */
  readonly judged: number;
  /** A refusal stops publishing. It does not where every connected node is another product, which judges for itself. */
  readonly blocks: boolean;
}

/** Up to so many, the whole draft is judged; of a larger one what differs from what is live, which was judged when it was published. */
const WHOLE_MAX = 2_000;

interface Known {
  readonly draft: string;
  /** Also one that is still under way: the review and a publish share it. */
  readonly verdict: Promise<DataPlaneVerdict>;
  readonly judged: number;
}
const latest = new WeakMap<DataPlaneCheck, Known>();

/** Has the draft judged by the data plane's own code: what it would refuse is told before a node gets it. For any role. */
export async function dryRunDraft(context: Context): Promise<DryRun> {
  await authorizeRead(context, "review.dry_run");
  return await dryRun(context.db, context, await readDraft(context.db, context.now));
}

/** The same, inside the caller's transaction. The same draft is judged once: publishing after the review need not wait. */
export async function dryRun(executor: Executor, context: Context, draft: ReadDraft): Promise<DryRun> {
  const { dataPlane } = context;
  if (dataPlane === undefined)
    return shown({ available: false, reason: "this server has no proxy to ask" }, 0, false);
  let known = latest.get(dataPlane);
  if (known?.draft !== draft.hash) {
    const question = await questionOf(executor, context.ring, draft);
    known = { draft: draft.hash, verdict: dataPlane.check(question), judged: question.resources.length };
    latest.set(dataPlane, known);
  }
  const verdict = await known.verdict;
  if (!verdict.available && latest.get(dataPlane) === known) latest.delete(dataPlane);
  const products = await connectedProducts(executor, context.now);
  return shown(verdict, known.judged, products.length === 0 || products.includes("sluice"));
}

async function connectedProducts(executor: Executor, now: Context["now"]): Promise<readonly string[]> {
  const alive = new Date(now().getTime() - REPLICA_LEASE_MS);
  const rows = await executor
    .selectDistinct({ product: node.product })
    .from(node)
    .innerJoin(controlReplica, eq(controlReplica.id, node.replica))
    .where(and(node.connected, gt(controlReplica.heartbeatAt, alive)));
  return rows.map(({ product }) => product);
}

async function questionOf(
  executor: Executor,
  keys: KeyRing | undefined,
  draft: ReadDraft,
): Promise<DataPlaneQuestion> {
  const { rows, liveEntries } = draft;
  const changed = rows.filter((row) => liveEntries[row.kind].get(row.name)?.[1] !== row.hash);
  const wanted = rows.length <= WHOLE_MAX ? rows : changed;
  const hashes = JSON.stringify(wanted.map(({ hash }) => hash));
  const { kind, name, message, hash, json } = draftResource;
  const found = await executor
    .select({ kind, name, message, json })
    .from(draftResource)
    .where(sql`${hash} in (select json_array_elements_text(${hashes}::text::json))`);
  const whole = found.flatMap(({ message, ...row }) => (message === null ? [] : [{ ...row, message }]));
  const values = keys === undefined ? [] : await openSecrets(executor, keys, whole);
  return {
    resources: whole.map((row, index) => ({
      kind: row.kind,
      name: row.name,
      value: values[index] ?? row.message,
    })),
    clusters: rows.filter((row) => row.kind === "clusters").map((row) => row.name),
  };
}

function shown(verdict: DataPlaneVerdict, judged: number, blocks: boolean): DryRun {
  if (!verdict.available)
    return { state: "unavailable", reason: verdict.reason, problems: [], judged: 0, blocks: false };
  const { problems } = verdict;
  return {
    state: problems.length === 0 ? "accepted" : "refused",
    reason: undefined,
    problems,
    judged,
    blocks: blocks && problems.length > 0,
  };
}
