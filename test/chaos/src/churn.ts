import {
  type Fields,
  type RecordingUpstream,
  type RunningProxy,
  requestOnce,
  startRecordingUpstream,
  startSluiceProxy,
  type TestCertificate,
  TestCertificates,
  waitFor,
} from "@sluice/harness";
import { ControlPlane } from "@sluice/xds/testing";
import { type ChurnVariation, churnResources } from "./churn-resources.ts";
import { bootstrap } from "./configuration.ts";
import { ThreadMemory } from "./thread-memory.ts";

const WORKERS = 2;
/** New connections for each change: the kernel spreads them over the workers. */
const REQUESTS = 8;
const NOTHING: ChurnVariation = { clusters: [], listeners: [], chain: 0, route: 0, endpoint: 0 };

/** `cluster`, `listener`: one comes and goes. `kept cluster`: one comes and stays. */
export type Change = "cluster" | "kept cluster" | "listener" | "chain" | "route" | "endpoint";

/** A proxy whose configuration changes in one way again and again, and what its threads hold after that. */
export class Churn {
  readonly #proxy: RunningProxy;
  readonly #memory: ThreadMemory;
  readonly #control: ControlPlane;
  readonly #upstream: RecordingUpstream;
  readonly #certificates: TestCertificates;
  readonly #certificate: TestCertificate;
  #step = 0;
  #at: ChurnVariation = NOTHING;

  private constructor(
    proxy: RunningProxy,
    memory: ThreadMemory,
    control: ControlPlane,
    upstream: RecordingUpstream,
    certificates: TestCertificates,
    certificate: TestCertificate,
  ) {
    this.#proxy = proxy;
    this.#memory = memory;
    this.#control = control;
    this.#upstream = upstream;
    this.#certificates = certificates;
    this.#certificate = certificate;
  }

  static async start(): Promise<Churn> {
    const upstream = await startRecordingUpstream({ host: "0.0.0.0" });
    const certificates = new TestCertificates();
    const certificate = certificates.create("churn", { names: "DNS:*.test" });
    const control = new ControlPlane();
    await control.start();
    control.publish(churnResources(upstream.port, NOTHING, certificate));
    const memory = new ThreadMemory();
    const proxy = await startSluiceProxy({
      yaml: bootstrap(control.port, "DELTA_GRPC"),
      concurrency: WORKERS,
      args: ["--drain-time-s", "1"],
      env: memory.env,
    });
    return new Churn(proxy, memory, control, upstream, certificates, certificate);
  }

  /** Changes, uses what is new, and takes away what is not to stay. */
  async change(what: Change): Promise<void> {
    const step = ++this.#step;
    const { clusters } = this.#at;
    switch (what) {
      case "cluster":
      case "kept cluster":
        await this.#publish({ clusters: [...clusters, step] });
        await this.#ask("main", `c-${step}`);
        if (what === "cluster") await this.#publish({ clusters });
        return;
      case "listener":
        await this.#publish({ listeners: [step] });
        await this.#ask(`l-${step}`, "eds");
        return this.#publish({ listeners: [] });
      default:
        await this.#publish({ [what]: step });
        await this.#ask("main", "eds");
    }
  }

  /** What the threads together hold now, bytes. */
  async held(): Promise<number> {
    await waitFor(
      "drained listeners to be gone",
      async () => {
        const stats = await this.#proxy.stats("_draining$");
        return [...stats.values()].every((value) => value === 0);
      },
      { deadlineMs: 60_000 },
    );
    const held = await this.#memory.held(this.#proxy, WORKERS);
    return held.reduce((sum, each) => sum + each, 0);
  }

  /** By how much each of `changes` makes the proxy grow, bytes. */
  async growth(what: Change, changes: number): Promise<number> {
    const before = await this.held();
    for (let count = 0; count < changes; count++) await this.change(what);
    return ((await this.held()) - before) / changes;
  }

  /** Names of stats that tell of what has come and gone. */
  async leftovers(): Promise<readonly string[]> {
    const stats = await this.#proxy.stats("^(cluster\\.c-|listener\\.l-|http\\.l-|.*limit-)");
    return [...stats.keys()].filter((name) => !name.includes(`limit-${this.#at.route}.`));
  }

  async close(): Promise<void> {
    await this.#proxy.close();
    await this.#control.stop();
    await this.#upstream.close();
    this.#certificates.remove();
    this.#memory.remove();
  }

  async #publish(change: Partial<ChurnVariation>): Promise<void> {
    this.#at = { ...this.#at, ...change };
    this.#control.publish(churnResources(this.#upstream.port, this.#at, this.#certificate));
    await waitFor("an answer", () => this.#control.answered(), { deadlineMs: 60_000 });
    const nacks = this.#control.takeNacks();
    if (nacks.length > 0) throw new Error(JSON.stringify(nacks));
  }

  async #ask(listener: string, cluster: string): Promise<void> {
    const port = await this.#proxy.listenerPort(listener);
    const headers: Fields = [
      ["host", "churn.test"],
      ["x-cluster", cluster],
      ["connection", "close"],
    ];
    const ask = async (): Promise<boolean> => (await requestOnce(port, { headers })).status === 200;
    // What is new may still warm.
    await waitFor(`${cluster} to answer on ${listener}`, ask, { deadlineMs: 60_000 });
    for (let count = 1; count < REQUESTS; count++) {
      if (!(await ask())) throw new Error(`${cluster} does not answer on ${listener}`);
    }
  }
}
