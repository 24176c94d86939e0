import { randomUUID } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { and, asc, eq, isNotNull, isNull, sql } from "drizzle-orm";
import type { Executor, Transaction } from "../access/executor.ts";
import { notify } from "../access/notify.ts";
import { CHANNELS, type Context, type NodeState } from "../contract.ts";
import { toOrder } from "../order/read-orders.ts";
import { lookAtRollout, type Sight } from "../rollout/look-at-rollout.ts";
import type { ReasonPart } from "../rollout/rollout-reason.ts";
import { SYSTEM_ACTOR } from "../rollout/system-actor.ts";
import { nodeGroup, nodeOrder, rolloutProbe } from "../schema/index.ts";
import { judgeProbe, readObservation } from "./judge-probe.ts";
import type { ProbeObservation, SyntheticProbe } from "./probe-contract.ts";
import { probeSender } from "./probe-problem.ts";
import { type ProbeRow, readProbeRows } from "./read-probes.ts";

/** A request that the control plane sends itself, since the node takes no orders. */
export interface ProbeRequest {
  readonly rollout: number;
  readonly step: number;
  readonly node: string;
  readonly address: string;
  readonly probe: SyntheticProbe;
}

type ProbeContext = Pick<Context, "db" | "now">;

const RETRY_MS = 1_000;
/** Of a rollout that is kept although a node failed: it may answer later. */
const KEPT_RETRY_MS = 10_000;
/** Beyond the request's own deadline; then whoever sent it is dead. */
const LOST_MS = 5_000;
const ORDER_WITHIN_MS = 15_000;
const ANSWER_BYTES_MAX = 1 << 16;
const unzip = promisify(gunzip);

/**
 * Moves the synthetic requests of every rollout under way: asks nodes that are effective, takes their answers, asks again. Harmless
 * when repeated or done by two replicas. Answers what the caller has to send itself, at most `room`; it says what came of each with
 * `settleProbe`.
 */
export async function advanceProbes(context: ProbeContext, room: number): Promise<readonly ProbeRequest[]> {
  const groups = await context.db
    .select({ name: nodeGroup.name })
    .from(nodeGroup)
    .where(isNotNull(nodeGroup.rollout))
    .orderBy(asc(nodeGroup.position));
  const requests: ProbeRequest[] = [];
  for (const { name } of groups) {
    const seen = await context.db.transaction((tx) => lookAtRollout(tx, context, name, false));
    if (seen === undefined || !isProbing(seen)) continue;
    await context.db.transaction(async (tx) => {
      const now = await lookAtRollout(tx, context, name, true);
      if (now === undefined || !isProbing(now)) return;
      requests.push(...(await new Round(tx, context, now).advance(room - requests.length)));
    });
  }
  return requests;
}

/** What came of a request that `advanceProbes` asked for; of one that is not waited for any more: nothing. */
export async function settleProbe(
  context: ProbeContext,
  { rollout, step, node, probe }: ProbeRequest,
  observed: ProbeObservation,
): Promise<void> {
  const problem = judgeProbe(probe, observed);
  await context.db.transaction(async (tx) => {
    const rows = await tx
      .update(rolloutProbe)
      .set({ ...judged(problem), at: context.now() })
      .where(
        and(
          eq(rolloutProbe.rollout, rollout),
          eq(rolloutProbe.step, step),
          eq(rolloutProbe.node, node),
          eq(rolloutProbe.state, "asked"),
          isNull(rolloutProbe.order),
        ),
      )
      .returning({ node: rolloutProbe.node });
    if (rows.length > 0) await notify(tx, CHANNELS.rollout, { rollout });
  });
}

/** A step that begins anew is probed anew. */
export async function forgetProbes(executor: Executor, rollout: number, step: number): Promise<void> {
  await executor
    .delete(rolloutProbe)
    .where(and(eq(rolloutProbe.rollout, rollout), eq(rolloutProbe.step, step)));
}

function isProbing({ underWay: { rollout, state } }: Sight): boolean {
  return Boolean(rollout.strategy.probe) && state.phase === "running";
}

function judged(problem: ReasonPart | undefined) {
  return problem === undefined
    ? ({ state: "passed", attempts: 0, words: null } as const)
    : ({ state: "failed", attempts: sql`${rolloutProbe.attempts} + 1`, words: [problem] } as const);
}

/** One look at one group, whose row is locked. */
class Round {
  readonly #tx: Transaction;
  readonly #now: Date;
  readonly #sight: Sight;
  readonly #rollout: number;
  readonly #step: number;

  constructor(tx: Transaction, context: ProbeContext, sight: Sight) {
    this.#tx = tx;
    this.#now = context.now();
    this.#sight = sight;
    this.#rollout = sight.underWay.rollout.id;
    this.#step = sight.underWay.state.step;
  }

  async advance(room: number): Promise<readonly ProbeRequest[]> {
    const { probe } = this.#sight.underWay.rollout.strategy;
    if (!probe) return [];
    const answered = await this.#takeAnswers(probe);
    const rows = await readProbeRows(this.#tx, this.#rollout, this.#step);
    const due = this.#sight.chosen.filter(
      (node) => node.connected && node.sync === "effective" && this.#isDue(rows.get(node.id), probe),
    );
    const requests: ProbeRequest[] = [];
    const orders: (typeof nodeOrder.$inferInsert)[] = [];
    const asked: (typeof rolloutProbe.$inferInsert)[] = [];
    for (const node of due) {
      const sender = probeSender(node, probe);
      const row = this.#rowOf(node, rows.get(node.id));
      if (sender === "node") {
        const order = this.#orderFor(node.id, probe);
        orders.push(order);
        asked.push({ ...row, order: order.id });
      } else if ("address" in sender) {
        if (requests.length >= room) continue;
        requests.push({
          rollout: this.#rollout,
          step: this.#step,
          node: node.id,
          address: sender.address,
          probe,
        });
        asked.push(row);
      } else {
        const attempts = sender.lasting ? probe.attempts : row.attempts;
        asked.push({ ...row, state: "failed", attempts, words: [sender.problem] });
      }
    }
    await this.#store(asked, orders);
    if (answered || asked.length > 0) await notify(this.#tx, CHANNELS.rollout, { rollout: this.#rollout });
    return requests;
  }

  #isDue(row: ProbeRow | undefined, probe: SyntheticProbe): boolean {
    if (row === undefined) return true;
    const ageMs = this.#now.getTime() - row.at.getTime();
    switch (row.state) {
      case "passed":
        return false;
      case "asked":
        return row.order === null && ageMs > probe.timeoutMs + LOST_MS;
      case "failed":
        // Only what is kept goes on so long: otherwise the failure ends the phase.
        return ageMs >= (row.attempts >= probe.attempts ? KEPT_RETRY_MS : RETRY_MS);
    }
  }

  #rowOf(node: NodeState, before: ProbeRow | undefined) {
    return {
      rollout: this.#rollout,
      step: this.#step,
      node: node.id,
      state: "asked" as const,
      attempts: before?.attempts ?? 0,
      order: null,
      words: before?.words ?? null,
      at: this.#now,
    };
  }

  #orderFor(node: string, { listener, method, url, headers, bodyContains, timeoutMs }: SyntheticProbe) {
    return {
      id: randomUUID(),
      node,
      action: "probe" as const,
      parameters: {
        listener,
        method,
        url,
        headers: JSON.stringify(headers.map(({ name, value }) => [name, value])),
        body_contains: bodyContains,
        timeout_ms: String(timeoutMs),
      },
      state: "asked" as const,
      askedBy: SYSTEM_ACTOR.name,
      askedAt: this.#now,
      deadline: new Date(this.#now.getTime() + ORDER_WITHIN_MS),
    };
  }

  async #store(
    rows: readonly (typeof rolloutProbe.$inferInsert)[],
    orders: readonly (typeof nodeOrder.$inferInsert)[],
  ): Promise<void> {
    if (rows.length > 0)
      await this.#tx
        .insert(rolloutProbe)
        .values([...rows])
        .onConflictDoUpdate({
          target: [rolloutProbe.rollout, rolloutProbe.step, rolloutProbe.node],
          set: {
            state: sql`excluded.state`,
            attempts: sql`excluded.attempts`,
            order: sql`excluded.order_id`,
            words: sql`excluded.words`,
            at: sql`excluded.at`,
          },
        });
    if (orders.length === 0) return;
    await this.#tx.insert(nodeOrder).values([...orders]);
    await notify(this.#tx, CHANNELS.order, { rollout: this.#rollout });
  }

  /** Of the nodes that were asked on an order; answers whether there were any. */
  async #takeAnswers(probe: SyntheticProbe): Promise<boolean> {
    const rows = await this.#tx
      .select({ probe: rolloutProbe, order: nodeOrder })
      .from(rolloutProbe)
      .leftJoin(nodeOrder, eq(nodeOrder.id, rolloutProbe.order))
      .where(
        and(
          eq(rolloutProbe.rollout, this.#rollout),
          eq(rolloutProbe.step, this.#step),
          eq(rolloutProbe.state, "asked"),
          isNotNull(rolloutProbe.order),
        ),
      );
    let answered = false;
    for (const { probe: row, order } of rows) {
      const observed = await this.#answerOf(order);
      if (observed === undefined) continue;
      answered = true;
      await this.#tx
        .update(rolloutProbe)
        .set({ ...judged(judgeProbe(probe, observed)), at: this.#now })
        .where(
          and(
            eq(rolloutProbe.rollout, this.#rollout),
            eq(rolloutProbe.step, this.#step),
            eq(rolloutProbe.node, row.node),
          ),
        );
    }
    return answered;
  }

  async #answerOf(row: typeof nodeOrder.$inferSelect | null): Promise<ProbeObservation | undefined> {
    if (row === null) return { error: "the order is gone" };
    const { state, reason } = toOrder(row, this.#now);
    if (state === "refused") return { error: reason ?? "the node refused" };
    if (state === "expired") return { error: "the node did not carry the order out in time" };
    if (state !== "done") return undefined;
    try {
      const content = await unzip(row.content ?? new Uint8Array(), { maxOutputLength: ANSWER_BYTES_MAX });
      return readObservation(JSON.parse(content.toString()));
    } catch {
      return { error: "what the node answered could not be read" };
    }
  }
}
