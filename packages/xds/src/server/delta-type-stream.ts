import { create } from "@bufbuild/protobuf";
import {
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { NodeIdentity, SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { WHOLE_SET_TYPES, WILDCARD } from "../type-urls.ts";
import { ClientHoldings } from "./client-holdings.ts";
import { type DeltaRequest, ownText } from "./delta-request.ts";
import type { EncodedResources } from "./encoded-resources.ts";
import { subscribedNames, unsubscribedNames } from "./requested-names.ts";
import { ToldErrors } from "./resource-errors.ts";
import { resourceFinder } from "./resource-finder.ts";
import { Subscription } from "./subscription.ts";
import { BeatClock, beatOf, knowsTtl } from "./time-to-live.ts";
import type { Outgoing, TypeStream } from "./type-stream.ts";

/** Incremental xDS: each response holds what changed or went since the last one. */
export class DeltaTypeStream implements TypeStream<DeltaRequest, DeltaDiscoveryResponse> {
  readonly typeUrl: string;
  private readonly encoded: EncodedResources;
  private readonly knowsTtl: boolean;
  private readonly subscription = new Subscription();
  private readonly holdings = new ClientHoldings();
  private readonly errors = new ToldErrors();
  private readonly clock = new BeatClock();
  private answered = false;

  constructor(typeUrl: string, encoded: EncodedResources, node: NodeIdentity) {
    this.typeUrl = typeUrl;
    this.encoded = encoded;
    this.knowsTtl = knowsTtl(node, false);
  }

  get namesLength(): number {
    return this.subscription.namesLength;
  }

  update(request: DeltaRequest, first: boolean, section: SnapshotType): void {
    const { subscription, holdings } = this;
    const subscribed = subscribedNames(request);
    const unsubscribed = unsubscribedNames(request);
    const isBack = first && request.initialVersions.length > 0;
    if (first && subscribed.length === 0 && WHOLE_SET_TYPES.has(this.typeUrl)) subscription.add(WILDCARD);
    const find = resourceFinder(section);
    for (const part of subscribed) {
      const wasNarrow = !subscription.wildcard;
      // All clients that name a resource keep one text for it.
      const name = find(part)?.name ?? ownText(part);
      const added = subscription.add(name);
      if (name === WILDCARD) {
        if (added && wasNarrow) holdings.widen(subscription);
      } else if (!isBack) holdings.want(name);
    }
    if (isBack) holdings.resume(request.initialVersions, section, subscription);
    for (const name of unsubscribed) {
      subscription.delete(name);
      if (name === WILDCARD) holdings.narrow(subscription);
      else if (subscription.wildcard) holdings.doubt(name);
      else holdings.drop(name);
    }
  }

  isDue(section: SnapshotType, retain: boolean): boolean {
    // The first answer goes out even when it is empty: a client that starts waits for it.
    if (!this.answered && this.subscription.wildcard) return true;
    const { updated, removed } = this.holdings.difference(section, this.subscription, retain);
    if (updated.length > 0 || removed.length > 0) return true;
    this.holdings.settle(section, this.subscription, retain);
    return this.errors.isDue(section, this.subscription);
  }

  respond(section: SnapshotType, nonce: string, retain: boolean): Outgoing<DeltaDiscoveryResponse> {
    const { typeUrl, subscription, holdings } = this;
    const { updated, removed } = holdings.difference(section, subscription, retain);
    holdings.settle(section, subscription, retain);
    this.answered = true;
    this.clock.start(performance.now(), false);
    const response = create(DeltaDiscoveryResponseSchema, {
      systemVersionInfo: section.version,
      typeUrl,
      nonce,
      removedResources: [...removed],
      resourceErrors: this.errors.take(section, subscription),
    });
    response.$unknown = this.encoded.encode(this.knowsTtl ? "delta" : "deltaPlain", typeUrl, updated);
    return { response, version: section.version, resources: updated, removed };
  }

  beatAt(section: SnapshotType): number | undefined {
    return this.knowsTtl && this.beating(section).length > 0 ? this.clock.nextAt(section) : undefined;
  }

  beat(section: SnapshotType, nonce: string): DeltaDiscoveryResponse {
    const { typeUrl } = this;
    this.clock.start(performance.now(), true);
    const response = create(DeltaDiscoveryResponseSchema, {
      systemVersionInfo: section.version,
      typeUrl,
      nonce,
    });
    response.$unknown = this.encoded.encode("beat", typeUrl, this.beating(section));
    return response;
  }

  held(): readonly SnapshotResource[] {
    return this.holdings.held(this.subscription);
  }

  names(): Iterable<string> {
    return this.subscription.names;
  }

  private beating(section: SnapshotType): readonly SnapshotResource[] {
    const resources = beatOf(section)?.resources ?? [];
    if (this.subscription.wildcard) return resources;
    return resources.filter(({ name }) => this.subscription.has(name));
  }
}
