import { create } from "@bufbuild/protobuf";
import {
  type DiscoveryRequest,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { WHOLE_SET_TYPES, WILDCARD } from "../type-urls.ts";
import type { EncodedResources } from "./encoded-resources.ts";
import { Subscription } from "./subscription.ts";
import type { Outgoing, TypeStream } from "./type-stream.ts";

/**
 * State of the world. Of whole-set types (LDS, CDS, SRDS) each response holds everything subscribed; of the others only
 * what the client has not yet in that version, since there a missing resource means no change.
 */
export class SotwTypeStream implements TypeStream<DiscoveryRequest, DiscoveryResponse> {
  readonly typeUrl: string;
  private readonly encoded: EncodedResources;
  private readonly wholeSet: boolean;
  private subscription = new Subscription();
  private everNamed = false;
  /** With this section and no change of the subscription since, nothing is due. */
  private settled: SnapshotType | undefined;
  /** Whole-set types: the last response. Others: by name, all that the client was sent. */
  private sent: ReadonlyMap<string, SnapshotResource> = new Map();
  /** The first response goes out even when it is empty: a client that starts waits for it. */
  private unanswered = true;

  constructor(typeUrl: string, encoded: EncodedResources) {
    this.typeUrl = typeUrl;
    this.encoded = encoded;
    this.wholeSet = WHOLE_SET_TYPES.has(typeUrl);
  }

  get namesLength(): number {
    return this.subscription.namesLength;
  }

  update(request: DiscoveryRequest): void {
    const wanted = new Subscription();
    for (const name of request.resourceNames) wanted.add(name);
    if (request.resourceNames.length > 0) this.everNamed = true;
    else if (!this.everNamed && this.wholeSet) wanted.add(WILDCARD);
    const before = this.subscription;
    this.subscription = wanted;
    const dropped = [...before.names].some((name) => !wanted.has(name));
    this.settled = undefined;
    if (!this.wholeSet && (dropped || (before.wildcard && !wanted.wildcard))) {
      // Asked for again later, a resource is sent again although the client was sent it once.
      this.sent = new Map([...this.sent].filter(([name]) => wanted.has(name)));
    }
  }

  isDue(section: SnapshotType, retain: boolean): boolean {
    if (this.settled === section || this.subscription.isEmpty) return false;
    const due = this.wholeSet
      ? this.unanswered || this.differs(this.target(section, retain))
      : this.changes(section).size > 0;
    if (!due && !retain) this.settled = section;
    return due;
  }

  respond(section: SnapshotType, nonce: string, retain: boolean): Outgoing<DiscoveryResponse> {
    const resources = this.target(section, retain);
    this.sent = this.wholeSet ? resources : new Map([...this.sent, ...resources]);
    this.unanswered = false;
    this.settled = retain ? undefined : section;
    const { typeUrl } = this;
    const response = create(DiscoveryResponseSchema, { versionInfo: section.version, typeUrl, nonce });
    response.$unknown =
      resources === section.resources
        ? this.encoded.wholeSotw(typeUrl, section)
        : this.encoded.sotw(typeUrl, resources.values());
    return { response, version: section.version, names: [...resources.keys()], removed: [] };
  }

  private target(section: SnapshotType, retain: boolean): ReadonlyMap<string, SnapshotResource> {
    if (!this.wholeSet) return this.changes(section);
    const selected = this.subscription.select(section);
    return retain ? this.withRemoved(selected) : selected;
  }

  private changes(section: SnapshotType): ReadonlyMap<string, SnapshotResource> {
    const changed = new Map<string, SnapshotResource>();
    for (const [name, resource] of this.subscription.select(section)) {
      if (this.sent.get(name)?.version !== resource.version) changed.set(name, resource);
    }
    return changed;
  }

  private differs(selected: ReadonlyMap<string, SnapshotResource>): boolean {
    if (selected.size !== this.sent.size) return true;
    for (const [name, { version }] of selected) if (this.sent.get(name)?.version !== version) return true;
    return false;
  }

  /** The same map when nothing is removed. */
  private withRemoved(
    selected: ReadonlyMap<string, SnapshotResource>,
  ): ReadonlyMap<string, SnapshotResource> {
    const removed = [...this.sent].filter(([name]) => !selected.has(name) && this.subscription.has(name));
    return removed.length === 0 ? selected : new Map([...selected, ...removed]);
  }
}
