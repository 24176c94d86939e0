import type { ResourceRef } from "../contract.ts";

/** What would be sent, and over what connection. */
export interface ExplainInput {
  /** `draft`, `live`, or a version's number. */
  readonly source: "draft" | "live" | number;
  /** In any case. */
  readonly method: string;
  /** `http://host:port/path?query`; without a scheme it is http. */
  readonly url: string;
  /** In order; repeated names are repeated headers. `host` takes the place of the URL's host. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** The listener's name, or a port that it binds; default: the URL's port, else the only listener. */
  readonly listener?: string | undefined;
  /** The peer's IP address; default 192.0.2.1, a documentation address, which counts as external. */
  readonly clientIp?: string | undefined;
  /** Default: the URL's host when the scheme is https. */
  readonly sni?: string | undefined;
  /** In the client's order; default: h2 and http/1.1 when the scheme is https. */
  readonly alpn?: readonly string[] | undefined;
}

/** Where a reason or a candidate stands: a resource of the model and a field path in it. */
export interface Place extends ResourceRef {
  readonly path: string;
}

export interface Reason {
  readonly message: string;
  readonly at: Place | undefined;
}

/** One candidate with its fate. `shadowed`: it takes the request too, but another is preferred. */
export interface Candidate {
  readonly name: string;
  readonly at: Place | undefined;
  readonly outcome: "chosen" | "rejected" | "shadowed";
  readonly reasons: readonly Reason[];
  /** What it asks for, for people: the domains, the path; "" when there is nothing to say. */
  readonly asks: string;
}

/** Candidates in the configuration's order: the chosen one and those nearest before and behind it. */
export interface Candidates {
  readonly items: readonly Candidate[];
  readonly total: number;
  /** How many before the first and behind the last item are left out. */
  readonly moreBefore: number;
  readonly moreAfter: number;
}

export interface ExplainedEndpoint {
  /** `ip:port`, or a pipe's path. */
  readonly address: string;
  /** 0 is tried first. */
  readonly priority: number;
  /** `region/zone/sub_zone`; "" when it has none. */
  readonly locality: string;
  /** Default 1. */
  readonly weight: number;
  /** Health as the configuration states it. */
  readonly health: string;
}

export interface ExplainedCluster {
  readonly name: string;
  /** Of the requests that take this route, 0 to 100. */
  readonly percent: number;
  /** `undefined`: no such cluster, see `problems`. */
  readonly at: Place | undefined;
  /** `STATIC`, `STRICT_DNS`, `EDS` …; "" for a missing one. */
  readonly discovery: string;
  readonly lbPolicy: string;
  /** Where the endpoints stand: the cluster itself or an EDS resource. */
  readonly endpointsAt: Place | undefined;
  readonly endpoints: readonly ExplainedEndpoint[];
  readonly moreEndpoints: number;
}

export type ExplainedAction =
  | {
      readonly kind: "cluster";
      /** One, or the alternatives of a weighted choice. */
      readonly clusters: readonly ExplainedCluster[];
      /** What changes on the way, for people. */
      readonly rewrites: readonly string[];
    }
  | { readonly kind: "redirect"; readonly status: number; readonly location: string }
  | { readonly kind: "direct_response"; readonly status: number; readonly body: string }
  /** Neither of them: `message` says what decides. */
  | { readonly kind: "other"; readonly message: string };

/**
 * How far it came. `no_…`: nothing of that takes it. `refused`: the connection manager answers itself (a bad path, a missing
 * host). `invalid`: the configuration on its way cannot be built. `tcp`: its bytes go on without being read as HTTP.
 */
export type ExplainOutcome =
  | "routed"
  | "redirected"
  | "answered"
  | "tcp"
  | "no_listener"
  | "no_filter_chain"
  | "no_virtual_host"
  | "no_route"
  | "refused"
  | "invalid";

export interface RequestExplanation {
  readonly source: { readonly kind: "draft" } | { readonly kind: "version"; readonly number: number };
  readonly outcome: ExplainOutcome;
  /** The route's or the proxy's own status where it answers itself. */
  readonly status: number | undefined;
  /** As the routes see it: pseudo-headers too. */
  readonly request: readonly { readonly name: string; readonly value: string }[];
  readonly listeners: Candidates;
  readonly filterChains: Candidates | undefined;
  /** Of `filter_chain_matcher` and the virtual host's matcher. */
  readonly matcherSteps: readonly Reason[];
  readonly routeConfiguration:
    | { readonly name: string; readonly at: Place; readonly inline: boolean }
    | undefined;
  readonly virtualHosts: Candidates | undefined;
  readonly routes: Candidates | undefined;
  readonly action: ExplainedAction | undefined;
  /** What is missing or wrong on the way. */
  readonly problems: readonly Reason[];
}
