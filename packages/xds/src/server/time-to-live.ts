import type { NodeIdentity, SnapshotResource, SnapshotType } from "../snapshot-source.ts";

interface Beat {
  /** Those that have a TTL. */
  readonly resources: readonly SnapshotResource[];
  readonly everyMs: number;
}

const beats = new WeakMap<SnapshotType, { readonly beat: Beat | undefined }>();

/** `node.client_features`: knows a Resource around what state-of-the-world responses hold. */
const WRAPPED = ["xds.config.resource-in-sotw", "xds.config.supports-resource-in-sotw"];

/** Whether a node knows `Resource.ttl`, by state of the world (`wrapped`) or delta. */
export function knowsTtl(node: NodeIdentity, wrapped: boolean): boolean {
  const { clientFeatures } = node;
  const known = wrapped ? WRAPPED : [...WRAPPED, "xds.config.supports-resource-ttl"];
  return isTimedEnvoy(node) || known.some((feature) => clientFeatures.includes(feature));
}

/** Envoy takes TTLs since 1.17, whichever way it asks, but says so only where its bootstrap lists the feature. */
function isTimedEnvoy({ userAgentName, userAgentVersion }: NodeIdentity): boolean {
  const [major = 0, minor = 0] = userAgentVersion.split(".").map(Number);
  return userAgentName === "envoy" && (major > 1 || (major === 1 && minor >= 17));
}

/** Which resources of a section have to be told of again, and how often: half of the shortest TTL. */
export function beatOf(section: SnapshotType): Beat | undefined {
  let found = beats.get(section);
  if (found === undefined) {
    const resources = [...section.resources.values()].filter(({ ttlMs }) => ttlMs !== undefined);
    const shortestMs = Math.min(...resources.map(({ ttlMs = Number.POSITIVE_INFINITY }) => ttlMs));
    const beat = resources.length === 0 ? undefined : { resources, everyMs: Math.max(10, shortestMs / 2) };
    found = { beat };
    beats.set(section, found);
  }
  return found.beat;
}

/** When one stream has to beat next: counted from the first response, or the last beat. */
export class BeatClock {
  private lastMs: number | undefined;

  /** A response went out that brought the client its first resources, or a beat. */
  start(nowMs: number, isBeat: boolean): void {
    if (isBeat || this.lastMs === undefined) this.lastMs = nowMs;
  }

  nextAt(section: SnapshotType): number | undefined {
    const beat = beatOf(section);
    return beat === undefined || this.lastMs === undefined ? undefined : this.lastMs + beat.everyMs;
  }
}
