import assert from "node:assert/strict";
import { migrateAll, type OpenDatabase, openDatabase } from "@sluice/database";
import type { TestPostgres } from "@sluice/harness";
import fc from "fast-check";
import { ConfigError, type Context } from "../contract.ts";
import { getResource } from "../draft/get-resource.ts";
import { putResource } from "../draft/put-resource.ts";
import { changeGroup, createGroup, removeGroup, reorderGroups } from "../group/arrange-groups.ts";
import { freezeGroup, unfreezeGroup } from "../group/freeze-group.ts";
import { listGroups } from "../group/read-groups.ts";
import { heartbeatReplica } from "../node/replica-lease.ts";
import { setNodeLabels } from "../node/set-node-labels.ts";
import { advanceRollouts, type Compare } from "../rollout/advance-rollouts.ts";
import type { StrategyInput } from "../rollout/complete-strategy.ts";
import { listRollouts } from "../rollout/read-rollout.ts";
import { abortRollout, pauseRollout, promoteRollout, resumeRollout } from "../rollout/steer-rollout.ts";
import { configMigrations } from "../schema/migrations.ts";
import { publish } from "../version/publish.ts";
import { rollback } from "../version/rollback.ts";
import { checkRest } from "./rollout-walk-checks.ts";
import { clusterYaml } from "./sample-resources.ts";
import { SimulatedFleet } from "./simulated-fleet.ts";

const NODES = 7;
const REPLICAS = 3;
const GROUPS = ["default", "edge", "core"];
const SELECTORS = ["zone=a", "zone in (b, c)", "!tier", "tier=edge, zone!=a"];
const STRATEGIES: readonly StrategyInput[] = [
  {},
  { onFailure: "revert", effectiveWithinMs: 5_000 },
  { steps: [{ percent: 30 }, { percent: 60 }], stepWaitMs: 5_000, effectiveWithinMs: 5_000 },
  { steps: [{ selector: "zone=a" }, { percent: 50 }], stepWaitMs: 0, effectiveWithinMs: 5_000 },
  { steps: [{ percent: 10 }], promote: "manual", effectiveWithinMs: 5_000 },
  { steps: [{ percent: 50 }], onFailure: "pause", effectiveWithinMs: 5_000 },
];

/** What may happen, in any order; numbers choose among what there is at the moment. */
export const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      how: fc.nat(),
      whom: fc.nat(),
      poison: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(0, 1_000, 6_000) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("rollback" as const),
      how: fc.nat(),
      whom: fc.nat(),
      version: fc.nat(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("promote", "pause", "resume", "abort"), which: fc.nat(2) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom("connect", "disconnect"), node: fc.nat(), replica: fc.nat() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("kill" as const), replica: fc.nat() }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom("group", "ungroup", "regroup", "reorder"),
      whom: fc.nat(),
      selector: fc.nat(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("label" as const),
      node: fc.nat(),
      value: fc.constantFrom("a", "b", ""),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("freeze", "unfreeze"), whom: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("rivals" as const), how: fc.nat() }) },
);
export type WalkStep = typeof step extends fc.Arbitrary<infer Step> ? Step : never;

interface Replica {
  readonly id: string;
  readonly database: OpenDatabase;
}

/** One walk through an empty database, then the checks; throws what does not hold. */
export async function walk(postgres: TestPostgres, steps: readonly WalkStep[]): Promise<void> {
  const url = await postgres.createDatabase();
  await migrateAll(url, [configMigrations]);
  const state = new Walk(url);
  try {
    await state.begin();
    for (const one of steps) await state.take(one);
    await state.comeToRest();
    await checkRest(state.context(), state.fleet, state.done, state.published);
  } finally {
    await state.close();
  }
}

const fine: Compare = async () => {
  const figures = { requests: 100, errorRate: 0, p95Ms: 1 };
  return { verdict: "fine", reason: "as good", baseline: "old nodes", newer: figures, older: figures };
};

class Walk {
  readonly fleet = new SimulatedFleet();
  /** Audited actions that were answered with success, and how often. */
  readonly done = new Map<string, number>();
  /** What each version was when it was published. */
  readonly published = new Map<number, string>();
  readonly #url: string;
  readonly #database: OpenDatabase;
  readonly #replicas: Replica[] = [];
  #clockMs = Date.UTC(2026, 0, 1);
  #edits = 0;
  #replicasMade = 0;

  constructor(url: string) {
    this.#url = url;
    this.#database = openDatabase(url, { poolSize: 6 });
  }

  context(database = this.#database, name = "ann"): Context {
    const { db, sql } = database;
    return { db, sql, actor: { id: name, name, role: "admin" }, now: () => new Date(this.#clockMs) };
  }

  async begin(): Promise<void> {
    for (let index = 0; index < REPLICAS; index++) this.#replicas.push(this.#newReplica());
    await this.#beat();
    for (let index = 0; index < NODES; index++) {
      const id = `n${index}`;
      this.fleet.add(id, { zone: "abc".charAt(index % 3), ...(index % 2 === 0 ? { tier: "edge" } : {}) });
      await this.fleet.connect(this.context(), id, this.#replica(index).id);
    }
  }

  async close(): Promise<void> {
    for (const { database } of this.#replicas) await database.close();
    await this.#database.close();
  }

  async take(one: WalkStep): Promise<void> {
    const context = this.context();
    switch (one.do) {
      case "publish":
        await this.#edit();
        return await this.#publish(one.how, this.#group(one.whom), one.poison);
      case "rivals":
        return await this.#rivals(one.how);
      case "rollback":
        return await this.#try("version.rollback", async () => {
          const version = 1 + (one.version % Math.max(1, this.published.size));
          await rollback(context, {
            version,
            group: this.#group(one.whom),
            strategy: STRATEGIES[one.how % 6],
          });
        });
      case "promote":
      case "pause":
      case "resume":
      case "abort":
        return await this.#steer(one.do, one.which);
      case "connect":
        return await this.fleet.connect(context, this.#node(one.node), this.#replica(one.replica).id);
      case "disconnect":
        return await this.fleet.disconnect(context, this.#node(one.node));
      case "kill":
        return await this.#kill(one.replica % REPLICAS);
      case "advance":
        this.#clockMs += one.ms;
        await this.#advance();
        return;
      case "label":
        return await this.#try("node.label", () => {
          const labels: Record<string, string> = one.value === "" ? {} : { zone: one.value };
          return setNodeLabels(context, { id: this.#node(one.node), labels });
        });
      case "freeze":
        return await this.#try("group.freeze", () =>
          freezeGroup(context, { group: this.#group(one.whom), reason: "why" }),
        );
      case "unfreeze":
        return await this.#try("group.unfreeze", () => unfreezeGroup(context, this.#group(one.whom)));
      default:
        return await this.#arrange(
          one.do,
          this.#group(one.whom),
          SELECTORS[one.selector % SELECTORS.length] ?? "",
        );
    }
  }

  /** Everybody is there and nobody refuses; then until nothing moves any more. */
  async comeToRest(): Promise<void> {
    this.fleet.poison.clear();
    const context = this.context();
    for (const { name, frozen } of await listGroups(context)) {
      if (frozen !== undefined) await this.#try("group.unfreeze", () => unfreezeGroup(context, name));
    }
    for (const [index, id] of [...this.fleet.nodes.keys()].entries()) {
      await this.fleet.connect(context, id, this.#replica(index).id);
    }
    for (let still = 0; still < 2; ) {
      this.#clockMs += 10_000;
      still = (await this.#advance()) === 0 ? still + 1 : 0;
    }
  }

  async #edit(): Promise<void> {
    const context = this.context();
    const yaml = clusterYaml("web", 1_000 + ++this.#edits);
    const found = await getResource(context, { kind: "clusters", name: "web" }).catch(() => undefined);
    const expected = found === undefined ? {} : { name: "web", expectedRevision: found.revision };
    const action = found === undefined ? "draft.create" : "draft.put";
    await this.#try(action, () => putResource(context, { kind: "clusters", yaml, ...expected }));
  }

  async #publish(how: number, group: string, poison: boolean, name = "ann"): Promise<void> {
    const context = this.context(this.#database, name);
    await this.#try("version.publish", async () => {
      const { version } = await publish(context, { message: "m", group, strategy: STRATEGIES[how % 6] });
      this.published.set(version.number, version.hash);
      if (poison) this.fleet.poison.add(version.number);
    });
  }

  /** Two who publish the same draft at once: one at most has it. */
  async #rivals(how: number): Promise<void> {
    await this.#edit();
    const before = this.published.size;
    await Promise.all(["bob", "eve"].map((name) => this.#publish(how, "default", false, name)));
    assert.ok(this.published.size <= before + 1, "both publishers won");
  }

  async #steer(verb: "promote" | "pause" | "resume" | "abort", which: number): Promise<void> {
    const context = this.context();
    const rollout = (await listRollouts(context, { limit: 3 }))[which]?.id;
    if (rollout === undefined) return;
    const verbs = {
      promote: promoteRollout,
      pause: pauseRollout,
      resume: resumeRollout,
      abort: abortRollout,
    };
    await this.#try(`steer.${verb}`, () => verbs[verb](context, { rollout }));
  }

  async #arrange(
    verb: "group" | "ungroup" | "regroup" | "reorder",
    name: string,
    selector: string,
  ): Promise<void> {
    const context = this.context();
    if (verb === "group")
      return await this.#try("group.create", () => createGroup(context, { name, selector }));
    if (verb === "ungroup") return await this.#try("group.remove", () => removeGroup(context, name));
    if (verb === "regroup")
      return await this.#try("group.change", () => changeGroup(context, { name, selector }));
    const names = (await listGroups(context))
      .map((group) => group.name)
      .filter((other) => other !== "default");
    await this.#try("group.reorder", () => reorderGroups(context, names.toReversed()));
  }

  /** In the middle of its work: its connections are cut, and what it had begun is undone. Its nodes come back when they do. */
  async #kill(index: number): Promise<void> {
    const victim = this.#replica(index);
    const working = Promise.allSettled(
      this.#replicas.map(({ database }) => advanceRollouts(this.context(database), fine)),
    );
    await victim.database.sql.end({ timeout: 0 });
    await working;
    this.fleet.dropReplica(victim.id);
    this.#replicas[index] = this.#newReplica();
    await this.#beat();
  }

  /** The nodes do what they are told; every replica moves the rollouts on, all at once. Answers how many transitions. */
  async #advance(): Promise<number> {
    await this.#beat();
    await this.fleet.converge(this.context());
    const moved = await Promise.all(
      this.#replicas.map(({ database }) => advanceRollouts(this.context(database), fine)),
    );
    return moved.reduce((sum, count) => sum + count, 0);
  }

  /** A refusal is an answer too; only what succeeded must have been audited. */
  async #try(action: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.done.set(action, (this.done.get(action) ?? 0) + 1);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }

  async #beat(): Promise<void> {
    for (const { id } of this.#replicas) await heartbeatReplica(this.context(), id);
  }

  #newReplica(): Replica {
    const id = `replica-${++this.#replicasMade}`;
    return { id, database: openDatabase(this.#url, { poolSize: 2, applicationName: id }) };
  }

  #replica(index: number): Replica {
    const replica = this.#replicas[index % REPLICAS];
    if (replica === undefined) throw new Error("there is always a replica");
    return replica;
  }

  #group(index: number): string {
    return GROUPS[index % GROUPS.length] ?? "default";
  }

  #node(index: number): string {
    return `n${index % NODES}`;
  }
}
