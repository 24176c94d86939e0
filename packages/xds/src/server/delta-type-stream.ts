import { create } from "@bufbuild/protobuf";
import {
  type DeltaDiscoveryRequest,
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { WHOLE_SET_TYPES, WILDCARD } from "../type-urls.ts";
import type { EncodedResources } from "./encoded-resources.ts";
import { Subscription } from "./subscription.ts";
import type { Outgoing, TypeStream } from "./type-stream.ts";

/** What the client holds under a name that it was told does not exist. */
const ABSENT = "";

/** Incremental xDS: each response holds what changed or went since the last one. */
export class DeltaTypeStream implements TypeStream<DeltaDiscoveryRequest, DeltaDiscoveryResponse> {
  readonly typeUrl: string;
  private readonly encoded: EncodedResources;
  private readonly subscription = new Subscription();
  /** Versions that the client has, as far as it said or was sent. */
  private readonly held = new Map<string, string>();
  private answered = false;
  /** With this section and no change of the subscription since, nothing is due. */
  private settled: SnapshotType | undefined;

  constructor(typeUrl: string, encoded: EncodedResources) {
    this.typeUrl = typeUrl;
    this.encoded = encoded;
  }

  get namesLength(): number {
    return this.subscription.namesLength;
  }

  update(request: DeltaDiscoveryRequest, first: boolean): void {
    const { resourceNamesSubscribe, resourceNamesUnsubscribe } = request;
    if (first) {
      for (const [name, version] of Object.entries(request.initialResourceVersions))
        this.held.set(name, version);
      if (resourceNamesSubscribe.length === 0 && WHOLE_SET_TYPES.has(this.typeUrl))
        this.subscription.add(WILDCARD);
    }
    for (const name of resourceNamesSubscribe) {
      this.subscription.add(name);
      // Asking again for what one has means to get it again.
      if (!first) this.held.delete(name);
    }
    for (const name of resourceNamesUnsubscribe) {
      this.subscription.delete(name);
      if (name !== WILDCARD && !this.subscription.has(name)) this.held.delete(name);
    }
    if (resourceNamesUnsubscribe.includes(WILDCARD)) {
      for (const name of this.held.keys()) if (!this.subscription.has(name)) this.held.delete(name);
    }
    if (first || resourceNamesSubscribe.length > 0 || resourceNamesUnsubscribe.length > 0)
      this.settled = undefined;
  }

  isDue(section: SnapshotType, retain: boolean): boolean {
    if (this.settled === section) return false;
    // The first answer goes out even when it is empty: a client that starts waits for it.
    if (!this.answered && this.subscription.wildcard) return true;
    const { updated, removed } = this.difference(section, retain);
    if (updated.length > 0 || removed.length > 0) return true;
    if (!retain) this.settled = section;
    return false;
  }

  respond(section: SnapshotType, nonce: string, retain: boolean): Outgoing<DeltaDiscoveryResponse> {
    const { updated, removed } = this.difference(section, retain);
    for (const { name, version } of updated) this.held.set(name, version);
    for (const name of removed) {
      if (this.subscription.names.has(name)) this.held.set(name, ABSENT);
      else this.held.delete(name);
    }
    this.answered = true;
    this.settled = retain ? undefined : section;
    const { typeUrl } = this;
    const response = create(DeltaDiscoveryResponseSchema, {
      systemVersionInfo: section.version,
      typeUrl,
      nonce,
      removedResources: removed,
    });
    response.$unknown =
      updated.length === section.resources.size
        ? this.encoded.wholeDelta(typeUrl, section)
        : this.encoded.delta(typeUrl, updated);
    return { response, version: section.version, names: updated.map(({ name }) => name), removed };
  }

  private difference(
    section: SnapshotType,
    retain: boolean,
  ): { updated: SnapshotResource[]; removed: string[] } {
    const updated: SnapshotResource[] = [];
    for (const [name, resource] of this.subscription.select(section)) {
      if (this.held.get(name) !== resource.version) updated.push(resource);
    }
    const removed: string[] = [];
    for (const [name, version] of retain ? [] : this.held) {
      if (version !== ABSENT && !section.resources.has(name)) removed.push(name);
    }
    for (const name of this.subscription.names) {
      if (!section.resources.has(name) && !this.held.has(name)) removed.push(name);
    }
    return { updated, removed };
  }
}
