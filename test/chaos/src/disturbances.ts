import type { ChaosUpstream, UpstreamKind } from "./chaos-upstream.ts";

type Ailment = "reset" | "closed" | "sick";
const AILMENTS: readonly Ailment[] = ["reset", "closed", "sick"];

interface Group {
  readonly upstreams: readonly ChaosUpstream[];
  patient: ChaosUpstream | undefined;
  /** Where the ailments of this group began and ended, `performance.now()`. */
  readonly spans: { readonly from: number; to: number }[];
}

/** Kills upstreams and makes them sick, one of a kind at a time, and has them back. */
export class Disturbances {
  readonly #groups: ReadonlyMap<UpstreamKind, Group>;
  deaths = 0;

  constructor(upstreams: readonly ChaosUpstream[]) {
    const kinds: readonly UpstreamKind[] = ["http1", "http2", "tcp"];
    this.#groups = new Map(
      kinds.map((kind) => [
        kind,
        { upstreams: upstreams.filter((one) => one.kind === kind), patient: undefined, spans: [] },
      ]),
    );
  }

  /** Index of the upstream that ails in this group, −1: none. */
  ailing(kind: UpstreamKind): number {
    const group = this.#groups.get(kind);
    return group?.patient === undefined ? -1 : group.upstreams.indexOf(group.patient);
  }

  /** One step: whoever ails recovers, in the other groups somebody falls ill. */
  async next(): Promise<void> {
    for (const group of this.#groups.values()) {
      if (group.patient !== undefined) await recover(group);
      else if (Math.random() < 0.7) await this.#strike(group);
    }
  }

  async recoverAll(): Promise<void> {
    for (const group of this.#groups.values()) await recover(group);
  }

  /** Whether somebody in this group ailed at any time since `from`. */
  since(kind: UpstreamKind, from: number): boolean {
    return this.#groups.get(kind)?.spans.some(({ to }) => to >= from - 500) ?? false;
  }

  async #strike(group: Group): Promise<void> {
    const patient = group.upstreams[Math.floor(Math.random() * group.upstreams.length)];
    const ailment = AILMENTS[Math.floor(Math.random() * AILMENTS.length)];
    if (patient === undefined) return;
    group.patient = patient;
    group.spans.push({ from: performance.now(), to: Number.POSITIVE_INFINITY });
    if (group.spans.length > 60) group.spans.shift();
    this.deaths++;
    if (ailment === "sick" && patient.kind !== "tcp") patient.sick = true;
    else await patient.kill(ailment === "reset");
  }
}

async function recover(group: Group): Promise<void> {
  const { patient } = group;
  if (patient === undefined) return;
  patient.sick = false;
  await patient.server.start();
  group.patient = undefined;
  const last = group.spans.at(-1);
  if (last !== undefined) last.to = performance.now();
}
