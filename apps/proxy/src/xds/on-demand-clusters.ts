import { fromBinary } from "@bufbuild/protobuf";
import {
  type ConfigSource,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { sourceKey } from "./config-source.ts";
import type { OnDemandOutcome, OnDemandWant } from "./on-demand-requests.ts";

type ClusterWant = Extract<OnDemandWant, { kind: "cluster" }>;

/** Names that are asked for at once; beyond it requests go on without. */
const WANTED_MAX = 10_000;

interface Wanted {
  readonly source: ConfigSource;
  readonly name: string;
  readonly waiting: Set<() => void>;
  /** The server has it; otherwise it is asked for no longer once nobody waits, so that strangers' names do not add up. */
  found: boolean;
}

/** Whether clusters are in force. */
interface ActiveClusters {
  /** Calls back at once or when the cluster is in force; answers how to give up waiting. */
  onceActive(name: string, onActive: () => void): () => void;
}

/** On-demand CDS on the main thread: clusters that a request or connection wants and that nobody has sent. */
export class OnDemandClusters {
  readonly #clusters: ActiveClusters;
  readonly #onNames: (source: ConfigSource, names: readonly string[]) => void;
  /** By name and source. */
  readonly #wanted = new Map<string, Wanted>();

  /** `onNames`: the set of names that are asked for at a source has changed. */
  constructor(clusters: ActiveClusters, onNames: (source: ConfigSource, names: readonly string[]) => void) {
    this.#clusters = clusters;
    this.#onNames = onNames;
  }

  /** Resolves when the cluster is in force, its source says that there is none, or its time is over. */
  want({ source: bytes, cluster: name, timeoutMs }: ClusterWant): Promise<OnDemandOutcome> {
    const source = fromBinary(ConfigSourceSchema, bytes);
    const key = `${name} ${sourceKey(source)}`;
    const known = this.#wanted.get(key);
    if (known === undefined && this.#wanted.size >= WANTED_MAX) return Promise.resolve("settled");
    const wanted = known ?? { source, name, waiting: new Set(), found: false };
    this.#wanted.set(key, wanted);
    return new Promise((resolve) => {
      const finish = (outcome: OnDemandOutcome): void => {
        clearTimeout(timer);
        stop();
        wanted.waiting.delete(missing);
        if (!wanted.found && wanted.waiting.size === 0 && this.#wanted.get(key) === wanted) {
          this.#wanted.delete(key);
          this.#tellNames(source);
        }
        resolve(outcome);
      };
      const missing = (): void => finish("settled");
      const timer = setTimeout(() => finish("timeout"), timeoutMs);
      let stop = (): void => {};
      wanted.waiting.add(missing);
      if (known === undefined) this.#tellNames(source);
      stop = this.#clusters.onceActive(name, () => {
        wanted.found = true;
        finish("settled");
      });
    });
  }

  /** A source says that these do not exist (any more). */
  missing(names: readonly string[]): void {
    for (const [key, wanted] of this.#wanted) {
      if (!names.includes(wanted.name)) continue;
      if (wanted.found) {
        this.#wanted.delete(key);
        this.#tellNames(wanted.source);
      }
      for (const resolve of [...wanted.waiting]) resolve();
    }
  }

  #tellNames(source: ConfigSource): void {
    const key = sourceKey(source);
    const mine = [...this.#wanted.values()].filter((each) => sourceKey(each.source) === key);
    this.#onNames(source, [...new Set(mine.map(({ name }) => name))]);
  }
}
