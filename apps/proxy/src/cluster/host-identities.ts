import { isDeepStrictEqual } from "node:util";
import type { Discovery, HostSpec } from "./cluster-config.ts";
import type { EndpointSpec } from "./compile-endpoints.ts";

export interface IdentifiedEndpoint {
  readonly endpoint: EndpointSpec;
  readonly key: string;
  /** The host that it is already. */
  readonly host: HostSpec | undefined;
}

/** Which of a cluster's hosts an endpoint is: a host stays itself over updates, and keeps its figures. */
export class HostIdentities {
  readonly #kind: Discovery["kind"];
  readonly #isCheckedOtherwise: (old: HostSpec, endpoint: EndpointSpec) => boolean;
  /** The hosts' keys by what endpoints are told apart by. */
  #keys: ReadonlyMap<string, string> = new Map();
  /** Hosts that have taken the place of another one at their address. */
  #renewals = 0;

  constructor(
    kind: Discovery["kind"],
    isCheckedOtherwise: (old: HostSpec, endpoint: EndpointSpec) => boolean,
  ) {
    this.#kind = kind;
    this.#isCheckedOtherwise = isCheckedOtherwise;
  }

  /** `endpoints`: all there are now; `hosts`: those until now. `replaced`: keys of hosts, by those of which they take the place. */
  identify(
    endpoints: readonly EndpointSpec[],
    hosts: readonly HostSpec[],
  ): { readonly identified: readonly IdentifiedEndpoint[]; readonly replaced: ReadonlyMap<string, string> } {
    const known = new Map(hosts.map((host) => [host.key, host]));
    const keys = new Map<string, string>();
    const replaced = new Map<string, string>();
    const identified: IdentifiedEndpoint[] = [];
    for (const endpoint of endpoints) {
      const address = this.#nameOf(endpoint);
      let name = address;
      // Who writes an address twice has two hosts of it; of discovered ones, told apart by address, the first counts.
      if (keys.has(name) && this.#kind === "eds") continue;
      for (let times = 2; keys.has(name); times++) name = `${address}#${times}`;
      const old = known.get(this.#keys.get(name) ?? "");
      const anew = old !== undefined && this.#isAnother(old, endpoint);
      const key = old === undefined ? name : anew ? `${name}~${++this.#renewals}` : old.key;
      keys.set(name, key);
      if (old !== undefined && anew) replaced.set(old.key, key);
      identified.push({ endpoint, key, host: anew ? undefined : old });
    }
    // Those that are gone but still kept may come back.
    for (const [name, key] of this.#keys) if (!keys.has(name) && known.has(key)) keys.set(name, key);
    this.#keys = keys;
    return { identified, replaced };
  }

  /** As Envoy: a host that is elsewhere, is called otherwise or is checked in another way is another one at the same address. */
  #isAnother(old: HostSpec, endpoint: EndpointSpec): boolean {
    const kind = this.#kind;
    if (kind === "logical_dns") return !isDeepStrictEqual(old.connectTo, endpoint.connectTo);
    if (kind !== "eds" && kind !== "strict_dns") return false;
    return (
      old.region !== endpoint.region ||
      old.zone !== endpoint.zone ||
      old.subZone !== endpoint.subZone ||
      old.hostname !== endpoint.hostname ||
      this.#isCheckedOtherwise(old, endpoint)
    );
  }

  /** What tells an endpoint from the others. */
  #nameOf(endpoint: EndpointSpec): string {
    if (this.#kind !== "logical_dns" || "path" in endpoint.connectTo) return endpoint.address;
    return `${endpoint.hostname}:${endpoint.connectTo.port}`;
  }
}
