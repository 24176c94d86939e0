import { create } from "@bufbuild/protobuf";
import {
  type DeltaDiscoveryResponse,
  DeltaDiscoveryResponseSchema,
  type Resource,
  ResourceSchema,
} from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { SnapshotResource, SnapshotType } from "../snapshot-source.ts";
import { TYPE_URLS } from "../type-urls.ts";
import { type DeltaRequest, ownText } from "./delta-request.ts";
import { subscribedNames, unsubscribedNames } from "./requested-names.ts";
import { Subscription } from "./subscription.ts";
import type { Outgoing, TypeStream } from "./type-stream.ts";
import { virtualHostsOf } from "./virtual-host-names.ts";

/** A virtual host that a client is to have, with the names it asked by; without a resource, an answer that there is none. */
interface Wanted {
  readonly resource: SnapshotResource | undefined;
  readonly aliases: Set<string>;
}

/**
 * VHDS, incremental only: a client subscribes to a route configuration's name and gets its virtual hosts, and to
 * `route configuration/host` when a request for that host came. The answer carries the name asked for as an alias, for the
 * request waits for it; a host that nobody serves is answered with a resource without a body.
 */
export class VirtualHostStream implements TypeStream<DeltaRequest, DeltaDiscoveryResponse> {
  readonly typeUrl = TYPE_URLS.virtualHost;
  private readonly subscription = new Subscription();
  /** By resource name: what the client has; aliases undefined: it said so itself. */
  private readonly sent = new Map<
    string,
    { readonly version: string; readonly aliases?: ReadonlySet<string> }
  >();
  /** Names that were asked for since the last response: their virtual hosts are sent even if the client has them. */
  private readonly asked = new Set<string>();
  private current: readonly SnapshotResource[] = [];
  private answered = false;

  get namesLength(): number {
    return this.subscription.namesLength;
  }

  update(request: DeltaRequest, first: boolean): void {
    for (const name of subscribedNames(request).map(ownText)) {
      this.subscription.add(name);
      if (!first) this.asked.add(name);
    }
    for (const name of unsubscribedNames(request)) {
      this.subscription.delete(name);
      this.sent.delete(name);
    }
    if (!first) return;
    for (const [name, version] of request.initialVersions) {
      this.sent.set(ownText(name), { version: ownText(version) });
    }
  }

  isDue(section: SnapshotType, retain: boolean): boolean {
    if (this.subscription.isEmpty) return false;
    const { updated, removed } = this.difference(section, retain);
    return !this.answered || updated.length > 0 || removed.length > 0;
  }

  respond(section: SnapshotType, nonce: string, retain: boolean): Outgoing<DeltaDiscoveryResponse> {
    const { typeUrl } = this;
    const { updated, removed, wanted } = this.difference(section, retain);
    this.answered = true;
    for (const [name, { resource, aliases }] of updated) {
      this.sent.set(name, { version: resource?.version ?? "", aliases });
    }
    for (const name of removed) this.sent.delete(name);
    this.asked.clear();
    this.current = [...wanted.values()].flatMap(({ resource }) => (resource === undefined ? [] : [resource]));
    const response = create(DeltaDiscoveryResponseSchema, {
      systemVersionInfo: section.version,
      typeUrl,
      nonce,
      removedResources: removed,
      resources: updated.map(([name, each]) => this.resourceOf(name, each)),
    });
    const resources = updated.flatMap(([, { resource }]) => (resource === undefined ? [] : [resource]));
    return { response, version: section.version, resources, removed };
  }

  beatAt(): undefined {
    return undefined;
  }

  beat(section: SnapshotType, nonce: string): DeltaDiscoveryResponse {
    return this.respond(section, nonce, false).response;
  }

  held(): readonly SnapshotResource[] {
    return this.current;
  }

  names(): Iterable<string> {
    return this.subscription.names;
  }

  private difference(section: SnapshotType, retain: boolean) {
    const wanted = this.wanted(section);
    const updated = [...wanted].filter(([name, each]) => !this.has(name, each));
    const removed = retain ? [] : [...this.sent.keys()].filter((name) => !wanted.has(name));
    return { wanted, updated, removed };
  }

  /** Aliases that are not asked for any more are no reason to send. */
  private has(name: string, { resource, aliases }: Wanted): boolean {
    const sent = this.sent.get(name);
    if (sent === undefined || sent.version !== (resource?.version ?? "") || this.asked.has(name))
      return false;
    return [...aliases].every((alias) => !this.asked.has(alias) && sent.aliases?.has(alias) !== false);
  }

  private wanted(section: SnapshotType): Map<string, Wanted> {
    const wanted = new Map<string, Wanted>();
    const add = (name: string, resource: SnapshotResource | undefined): Set<string> => {
      const known = wanted.get(name);
      if (known !== undefined) return known.aliases;
      const aliases = new Set(resource?.aliases);
      wanted.set(name, { resource, aliases });
      return aliases;
    };
    const { names, wildcard } = this.subscription;
    if (wildcard) for (const resource of section.resources.values()) add(resource.name, resource);
    for (const name of names) {
      const found = virtualHostsOf(section, name);
      for (const resource of found) {
        const aliases = add(resource.name, resource);
        if (resource.name !== name && name.startsWith(ownerOf(resource.name))) aliases.add(name);
      }
      if (found.length === 0 && name.includes("/")) add(name, undefined).add(name);
    }
    return wanted;
  }

  private resourceOf(name: string, { resource, aliases }: Wanted): Resource {
    const { typeUrl } = this;
    const named = { name, version: resource?.version ?? "", aliases: [...aliases] };
    if (resource === undefined) return create(ResourceSchema, named);
    return create(ResourceSchema, { ...named, resource: { typeUrl, value: resource.value } });
  }
}

/** `route configuration/` of a virtual host's name. */
function ownerOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}
