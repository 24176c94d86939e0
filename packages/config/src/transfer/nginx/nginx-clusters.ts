import { stringify } from "yaml";
import type { FoundResource, ImportPosition } from "../import/import-contract.ts";
import { childrenOf, type Directive } from "./directive.ts";
import type { NginxNotes } from "./nginx-notes.ts";
import { clusterJson, hostPortOf, readUpstream, type Upstream } from "./translate-upstream.ts";

export interface WantedCluster {
  readonly authority: string;
  readonly https: boolean;
  readonly sendSni: boolean;
  /** Undefined: the authority's host. */
  readonly sni: string | undefined;
  readonly connectTimeout: string;
}

interface MadeCluster {
  readonly wanted: WantedCluster;
  readonly json: object;
  readonly position: ImportPosition;
}

/** The clusters of `upstream` blocks and of the addresses in `proxy_pass`. */
export class NginxClusters {
  readonly #upstreams = new Map<string, Upstream>();
  readonly #made = new Map<string, MadeCluster>();
  readonly #notes: NginxNotes;

  constructor(http: readonly Directive[], notes: NginxNotes) {
    this.#notes = notes;
    for (const directive of childrenOf(http, "upstream")) {
      const name = directive.args[0] ?? "";
      const upstream = readUpstream(directive, notes);
      if (upstream !== undefined) this.#upstreams.set(name, upstream);
    }
  }

  /** The cluster that a `proxy_pass` means; it is made on first use. */
  cluster(
    pass: Directive,
    wanted: WantedCluster,
  ): { readonly name: string } | { readonly name: undefined; readonly reason: string } {
    const upstream = this.#upstreams.get(wanted.authority);
    const found = upstream === undefined ? hostPortOf(wanted.authority, wanted.https ? 443 : 80) : undefined;
    if (upstream === undefined && found === undefined)
      return { name: undefined, reason: `'${wanted.authority}' is neither an upstream nor an address` };
    const base = upstream === undefined ? `${found?.address ?? ""}:${found?.port ?? 0}` : wanted.authority;
    const name = wanted.https ? `${base}-tls` : base;
    const made = this.#made.get(name);
    if (made !== undefined) {
      if (JSON.stringify(made.wanted) !== JSON.stringify(wanted))
        this.#notes.add(
          "not_understood",
          pass,
          `cluster '${name}' has the times and TLS names of its first use`,
        );
      return { name };
    }
    const host = wanted.sni ?? found?.address ?? wanted.authority;
    if (wanted.https)
      this.#notes.add(
        "differs",
        pass,
        "as in nginx, the upstream's certificate is not verified: give the cluster a validation context",
      );
    const json = clusterJson(name, upstream?.endpoints ?? (found === undefined ? [] : [found]), {
      connectTimeout: wanted.connectTimeout,
      tls: wanted.https ? { sni: wanted.sendSni ? host : "" } : undefined,
      policy: upstream?.policy,
    });
    this.#made.set(name, { wanted, json, position: (upstream?.directive ?? pass).position });
    return { name };
  }

  /** Upstreams that nothing passes to become clusters too: they were given. */
  resources(): readonly FoundResource[] {
    for (const [name, { directive }] of this.#upstreams) {
      if (this.#made.has(name) || this.#made.has(`${name}-tls`)) continue;
      const wanted = { authority: name, https: false, sendSni: false, sni: undefined, connectTimeout: "60s" };
      this.cluster(directive, wanted);
    }
    return [...this.#made.values()].map(({ json, position }) => ({
      kind: "clusters",
      path: `line ${position.line}`,
      yaml: stringify(json, { lineWidth: 0 }),
      position,
    }));
  }
}
