import { X509Certificate } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import type { NodeManagedEvent } from "@sluice/config";
import type { SnapshotResource } from "@sluice/xds";
import { SecretSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { typeUrlOf } from "../snapshot/build-snapshot.ts";
import type { ServedSnapshot } from "../snapshot/published-snapshots.ts";
import type { VersionHistory } from "../snapshot/version-history.ts";
import { resourcesByStatName, SECRET_STAMP, stampsOf } from "./read-effective.ts";

const AUTOMATIC = /^automatic:/;

/**
 * What a node's own gauges show of what changes without a version: whether its listeners are the ones that it should run now, and which
 * automatic certificates are in force, by what it was sent under the version that it stamps them with.
 */
export function readManaged(
  facts: ReadonlyMap<string, number>,
  history: VersionHistory,
  { snapshot, managed }: ServedSnapshot,
): Pick<NodeManagedEvent, "revision" | "fingerprints"> {
  const wanted = snapshot.types.get(typeUrlOf("listeners"))?.version;
  const running = history.ofGauge("listeners", facts.get("listener_manager.lds.version") ?? Number.NaN);
  const warming = facts.get("listener_manager.total_listeners_warming") ?? 0;
  const settled = warming === 0 && running !== undefined && running.type.version === wanted;
  return { revision: settled ? managed : undefined, fingerprints: fingerprintsOf(facts, history, snapshot) };
}

function fingerprintsOf(
  facts: ReadonlyMap<string, number>,
  history: VersionHistory,
  snapshot: ServedSnapshot["snapshot"],
): Readonly<Record<string, string>> {
  const secrets = snapshot.types.get(typeUrlOf("secrets"));
  if (secrets === undefined) return {};
  const found: Record<string, string> = {};
  const byStatName = resourcesByStatName(secrets);
  for (const [statName, stamp] of stampsOf(facts, SECRET_STAMP)) {
    const name = byStatName.get(statName)?.name ?? "";
    const running = history.ofGauge("secrets", stamp)?.type.resources.get(name);
    const fingerprint = AUTOMATIC.test(name) && running !== undefined ? fingerprintOf(running) : undefined;
    if (fingerprint !== undefined) found[name] = fingerprint;
  }
  return found;
}

const known = new WeakMap<SnapshotResource, string>();

/** Each node tells several times a second. */
function fingerprintOf(resource: SnapshotResource): string | undefined {
  let fingerprint = known.get(resource);
  if (fingerprint === undefined) {
    const { type } = fromBinary(SecretSchema, resource.value);
    const chain = type.case === "tlsCertificate" ? type.value.certificateChain?.specifier : undefined;
    if (chain?.case !== "inlineString") return undefined;
    fingerprint = new X509Certificate(chain.value).fingerprint256.replaceAll(":", "").toLowerCase();
    known.set(resource, fingerprint);
  }
  return fingerprint;
}
