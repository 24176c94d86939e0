import { gunzipSync, gzipSync } from "node:zlib";
import { and, asc, eq, inArray, sql } from "drizzle-orm";
import type { Executor } from "../access/executor.ts";
import { ConfigError } from "../contract.ts";
import { seal, unseal } from "../envelope/envelope.ts";
import type { KeyRing } from "../envelope/key-ring.ts";
import { approvalRequest, source, sourceResource } from "../schema/index.ts";
import type { SourceContent, SourceCredentials, SourcePhase, SourceState } from "./source-contract.ts";

export type SourceRow = typeof source.$inferSelect;

const CONTENT_BYTES_MAX = 128 << 20;

export async function requireSource(executor: Executor, name: string): Promise<SourceRow> {
  const [row] = await executor.select().from(source).where(eq(source.name, name));
  if (row === undefined) throw new ConfigError("not_found", `there is no source '${name}'`);
  return row;
}

export async function readStates(executor: Executor): Promise<readonly SourceState[]> {
  const rows = await executor
    .select({ row: source, resources: sql<number>`count(${sourceResource.name})::int` })
    .from(source)
    .leftJoin(sourceResource, eq(sourceResource.source, source.name))
    .groupBy(source.name)
    .orderBy(sql`${source.name} collate "C"`);
  const asked = await readRequests(
    executor,
    rows.map(({ row }) => row),
  );
  return rows.map(({ row, resources }) => ({
    ...toState(row, resources),
    ...(row.phase === "in_sync" ? afterAsking(asked.get(row.name)) : {}),
  }));
}

/** Of each source whose newest version needed an approval: the newest request for it. */
async function readRequests(
  executor: Executor,
  rows: readonly SourceRow[],
): Promise<ReadonlyMap<string, typeof approvalRequest.$inferSelect>> {
  const numbers = rows.flatMap(({ appliedVersion }) => appliedVersion ?? []);
  if (numbers.length === 0) return new Map();
  const found = await executor
    .select({ name: source.name, request: approvalRequest })
    .from(approvalRequest)
    .innerJoin(
      source,
      and(eq(source.appliedVersion, approvalRequest.version), eq(source.group, approvalRequest.group)),
    )
    .where(inArray(approvalRequest.version, numbers))
    .orderBy(asc(approvalRequest.id));
  return new Map(found.map(({ name, request }) => [name, request]));
}

/** The draft is in step, but what was published may still wait for a second person, or have been refused by one. */
function afterAsking(
  request: typeof approvalRequest.$inferSelect | undefined,
): { readonly phase: SourcePhase; readonly message: string } | undefined {
  if (request === undefined || request.state === "approved") return undefined;
  const what = `version ${request.version}`;
  if (request.state === "open")
    return { phase: "waiting", message: `${what} waits for approval: request ${request.id}` };
  const by = request.decidedBy === null ? "" : ` by ${request.decidedBy}`;
  const why = request.reason === null ? "" : `: ${request.reason}`;
  const message = `request ${request.id} for ${what} was ${request.state}${by}${why}; sync again to ask again`;
  return { phase: "blocked", message };
}

export async function requireState(executor: Executor, name: string): Promise<SourceState> {
  const found = (await readStates(executor)).find((state) => state.name === name);
  if (found === undefined) throw new ConfigError("not_found", `there is no source '${name}'`);
  return found;
}

function toState(row: SourceRow, resources: number): SourceState {
  return {
    name: row.name,
    kind: row.kind,
    location: row.location,
    ref: row.ref,
    path: row.path,
    winner: row.winner,
    apply: row.apply,
    group: row.group,
    intervalMs: row.intervalMs,
    hasCredentials: row.sealedCredentials !== null,
    hasWebhook: row.sealedWebhook !== null,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    nextCheckAt: row.nextCheckAt,
    checkedAt: row.checkedAt ?? undefined,
    commit: row.commit ?? undefined,
    commitSubject: row.commitSubject ?? undefined,
    appliedCommit: row.appliedCommit ?? undefined,
    appliedAt: row.appliedAt ?? undefined,
    appliedVersion: row.appliedVersion ?? undefined,
    phase: row.phase,
    message: row.message,
    resources,
  };
}

export function sealContent(ring: KeyRing, name: string, content: SourceContent): string {
  return seal(ring, `source/${name}/content`, gzipSync(JSON.stringify(content)));
}

/** What was fetched last; `not_found` when nothing was. */
export function contentOf(ring: KeyRing, row: SourceRow): SourceContent {
  if (row.sealedContent === null)
    throw new ConfigError(
      "not_found",
      row.message === ""
        ? `the source '${row.name}' was not looked at yet: it will be at its next interval, or synchronise it now`
        : `nothing was fetched from the source '${row.name}' yet: ${row.message}`,
    );
  const plain = unseal(ring, `source/${row.name}/content`, row.sealedContent);
  return JSON.parse(
    gunzipSync(plain, { maxOutputLength: CONTENT_BYTES_MAX }).toString("utf8"),
  ) as SourceContent;
}

export function sealCredentials(ring: KeyRing, name: string, credentials: SourceCredentials): string | null {
  if (Object.values(credentials).every((value) => value === undefined || value === "")) return null;
  return seal(ring, `source/${name}/credentials`, Buffer.from(JSON.stringify(credentials)));
}

export function credentialsOf(ring: KeyRing, row: SourceRow): SourceCredentials {
  if (row.sealedCredentials === null) return {};
  const plain = unseal(ring, `source/${row.name}/credentials`, row.sealedCredentials);
  return JSON.parse(plain.toString("utf8")) as SourceCredentials;
}

export function webhookSecretOf(ring: KeyRing, row: SourceRow): string | undefined {
  if (row.sealedWebhook === null) return undefined;
  return unseal(ring, `source/${row.name}/webhook`, row.sealedWebhook).toString("utf8");
}

export function sealWebhook(ring: KeyRing, name: string, secret: string): string | null {
  return secret === "" ? null : seal(ring, `source/${name}/webhook`, Buffer.from(secret));
}
