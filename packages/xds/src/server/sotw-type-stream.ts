import { create } from "@bufbuild/protobuf";
import {
  type DiscoveryRequest,
  type DiscoveryResponse,
  DiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { NodeIdentity, SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { WHOLE_SET_TYPES, WILDCARD } from "../type-urls.ts";
import { ClientHoldings } from "./client-holdings.ts";
import type { EncodedResources } from "./encoded-resources.ts";
import { requestedNames } from "./requested-names.ts";
import { ToldErrors } from "./resource-errors.ts";
import { sectionChange } from "./section-change.ts";
import { Subscription } from "./subscription.ts";
import { BeatClock, beatOf, knowsTtl } from "./time-to-live.ts";
import type { Outgoing, TypeStream } from "./type-stream.ts";

/**
 * State of the world. Of whole-set types (LDS, CDS, SRDS) each response holds everything subscribed; of the others only
 * what the client has not yet in that version, since there a missing resource means no change.
 */
export class SotwTypeStream implements TypeStream<DiscoveryRequest, DiscoveryResponse> {
  readonly typeUrl: string;
  private readonly encoded: EncodedResources;
  private readonly wholeSet: boolean;
  private readonly knowsTtl: boolean;
  private readonly holdings = new ClientHoldings();
  private readonly errors = new ToldErrors();
  private readonly clock = new BeatClock();
  private subscription = new Subscription();
  private everNamed = false;
  /** The first response goes out even when it is empty: a client that starts waits for it. */
  private unanswered = true;

  constructor(typeUrl: string, encoded: EncodedResources, node: NodeIdentity) {
    this.typeUrl = typeUrl;
    this.encoded = encoded;
    this.wholeSet = WHOLE_SET_TYPES.has(typeUrl);
    this.knowsTtl = knowsTtl(node, true);
  }

  get namesLength(): number {
    return this.subscription.namesLength;
  }

  update(request: DiscoveryRequest, first: boolean, section: SnapshotType): void {
    const { holdings } = this;
    const requested = requestedNames(request);
    const before = this.subscription;
    const wanted = new Subscription(requested);
    this.subscription = wanted;
    if (requested.length > 0) this.everNamed = true;
    else if (!this.everNamed && this.wholeSet) wanted.add(WILDCARD);
    if (wanted.wildcard && !before.wildcard) holdings.widen(before);
    for (const name of wanted.names) if (!before.names.has(name)) holdings.want(name);
    for (const name of before.names) if (!wanted.has(name)) holdings.drop(name);
    if (before.wildcard && !wanted.wildcard) holdings.narrow(wanted);
    // A client that comes back and asks for everything says which version it has of it.
    const isBack = first && wanted.wildcard && wanted.names.size === 0 && this.wholeSet;
    if (isBack && request.versionInfo === section.version && beatOf(section) === undefined) {
      holdings.hasAll(section);
      this.unanswered = false;
    }
  }

  isDue(section: SnapshotType, retain: boolean): boolean {
    const { subscription } = this;
    if (subscription.isEmpty) return false;
    if (this.wholeSet && this.unanswered) return true;
    const { updated, removed } = this.holdings.difference(section, subscription, retain);
    if (updated.length > 0 || (this.wholeSet && removed.length > 0)) return true;
    this.holdings.settle(section, subscription, retain);
    return this.errors.isDue(section, subscription);
  }

  respond(section: SnapshotType, nonce: string, retain: boolean): Outgoing<DiscoveryResponse> {
    const { holdings, subscription } = this;
    const { updated } = holdings.difference(section, subscription, retain);
    holdings.settle(section, subscription, retain);
    this.unanswered = false;
    this.clock.start(performance.now(), false);
    const resources = this.wholeSet ? this.whole(section) : updated;
    const response = this.response(section, nonce, resources);
    response.resourceErrors = this.errors.take(section, subscription);
    return { response, version: section.version, resources, removed: [] };
  }

  beatAt(section: SnapshotType): number | undefined {
    return this.knowsTtl && this.beating(section).length > 0 ? this.clock.nextAt(section) : undefined;
  }

  /**
   * With the resources themselves: Envoy does not renew the TTL of a resource without a body here, and takes whole-set types'
   * for the whole set.
   */
  beat(section: SnapshotType, nonce: string): DiscoveryResponse {
    this.clock.start(performance.now(), true);
    return this.response(section, nonce, this.wholeSet ? this.whole(section) : this.beating(section));
  }

  held(): readonly SnapshotResource[] {
    return this.holdings.held(this.subscription);
  }

  names(): Iterable<string> {
    return this.subscription.names;
  }

  private response(
    section: SnapshotType,
    nonce: string,
    resources: readonly SnapshotResource[],
  ): DiscoveryResponse {
    const { typeUrl } = this;
    const response = create(DiscoveryResponseSchema, { versionInfo: section.version, typeUrl, nonce });
    response.$unknown = this.encoded.encode(this.knowsTtl ? "sotw" : "sotwPlain", typeUrl, resources);
    return response;
  }

  /** Everything subscribed, and what is not to be removed yet. */
  private whole(section: SnapshotType): readonly SnapshotResource[] {
    const kept = [...this.holdings.kept()];
    const all = sectionChange(undefined, section).updated;
    const selected = this.subscription.wildcard ? all : [...this.subscription.select(section).values()];
    return kept.length === 0 ? selected : [...selected, ...kept];
  }

  private beating(section: SnapshotType): readonly SnapshotResource[] {
    return (beatOf(section)?.resources ?? []).filter(({ name }) => this.subscription.has(name));
  }
}
