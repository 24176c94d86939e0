import { sql } from "drizzle-orm";
import { authorize } from "../access/authorize.ts";
import type { Transaction } from "../access/executor.ts";
import type { Context } from "../contract.ts";

export interface VerifyAuditInput {
  /** A link that was noted down before: `<seq>:<hash>` of an earlier answer. Finds a chain that was made anew as a whole. */
  readonly expect?: { readonly seq: number; readonly hash: string } | undefined;
}

export interface AuditVerdict {
  readonly holds: boolean;
  /** What is wrong, the first of it. */
  readonly problem: string | undefined;
  /** Links that were looked at. */
  readonly events: number;
  /** The newest link: note it down elsewhere, and name it in `expect` later. */
  readonly head: { readonly seq: number; readonly hash: string };
  /** Where the chain begins since older events were removed by retention; 0: nothing was. */
  readonly anchor: number;
}

const STEP = 20_000;
const ZERO = "00".repeat(32);

type Row = Readonly<Record<string, unknown>>;

/** Computes every hash anew, in one snapshot. Needs audit.read. */
export async function verifyAudit(context: Context, input: VerifyAuditInput = {}): Promise<AuditVerdict> {
  await authorize(context, { permission: "audit.read", action: "audit.verify", subject: "" });
  return await context.db.transaction((tx) => verify(tx, input), {
    isolationLevel: "repeatable read",
    accessMode: "read only",
  });
}

async function verify(tx: Transaction, { expect }: VerifyAuditInput): Promise<AuditVerdict> {
  const [head] = await tx.execute<{ seq: string; hash: string }>(
    sql`select seq, encode(hash, 'hex') as hash from config.audit_head`,
  );
  const [anchor] = await tx.execute<{ seq: string; hash: string; recorded: boolean }>(sql`
    select seq, encode(hash, 'hex') as hash, exists (
      select from config.audit_event e where e.action = 'audit.retain'
        and e.details->>'hash' = encode(a.hash, 'hex') and (e.details->>'upTo')::bigint = a.seq) as recorded
    from config.audit_anchor a`);
  if (head === undefined) throw new Error("the database lacks the audit log's head");
  const begin = { seq: Number(anchor?.seq ?? 0), hash: anchor?.hash ?? ZERO };
  let last = begin;
  const verdict = (problem?: string): AuditVerdict => ({
    holds: problem === undefined,
    problem,
    events: last.seq - begin.seq,
    head: { seq: Number(head.seq), hash: head.hash },
    anchor: begin.seq,
  });
  if (anchor !== undefined && !anchor.recorded)
    return verdict(`events up to link ${begin.seq} were removed, and no event says so`);
  for (;;) {
    const rows = await tx.execute<Row>(linksAfter(last.seq));
    for (const row of rows) {
      const problem = problemOf(row, last, expect);
      if (problem !== undefined) return verdict(problem);
      last = { seq: Number(row.seq), hash: String(row.hash) };
    }
    if (rows.length < STEP) break;
  }
  if (last.seq !== Number(head.seq) || last.hash !== head.hash)
    return verdict(`the chain ends at link ${last.seq}, and should at ${head.seq}`);
  const [loose] = await tx.execute<{ id: string }>(sql`
    select id from config.audit_event e
    where not exists (select from config.audit_link l where l.event = e.id) order by id limit 1`);
  if (loose !== undefined) return verdict(`event ${loose.id} is in no link`);
  if (expect !== undefined && (expect.seq > last.seq || expect.seq < begin.seq))
    return verdict(`link ${expect.seq} is not there (any more)`);
  if (expect !== undefined && expect.seq === begin.seq && expect.hash !== begin.hash)
    return verdict(`link ${expect.seq} is not the one that was noted down`);
  return verdict();
}

function linksAfter(seq: number) {
  return sql`
    select l.seq, l.event, encode(l.previous, 'hex') as previous, encode(l.hash, 'hex') as hash,
      e.id is not null as present, e.id is not null and config.audit_hash(l.previous, e) = l.hash as same
    from config.audit_link l left join config.audit_event e on e.id = l.event
    where l.seq > ${seq} order by l.seq limit ${STEP}`;
}

function problemOf(
  row: Row,
  last: { readonly seq: number; readonly hash: string },
  expect: VerifyAuditInput["expect"],
): string | undefined {
  const seq = Number(row.seq);
  if (seq !== last.seq + 1) return `link ${last.seq + 1} is missing`;
  if (row.previous !== last.hash) return `link ${seq} does not continue link ${last.seq}`;
  if (row.present !== true) return `event ${row.event} of link ${seq} is missing`;
  if (row.same !== true) return `event ${row.event} was changed after it was written`;
  if (expect?.seq === seq && expect.hash.toLowerCase() !== row.hash)
    return `link ${seq} is not the one that was noted down`;
  return undefined;
}
