import type { Context, DraftResource, ResourceRef } from "../contract.ts";

export interface FirstRouteInput {
  /** `*` or a host name, also `*.example.com`. */
  readonly domain: string;
  /** Prefix, `/` for everything. */
  readonly path: string;
  /** Port of the listener, on `address`. */
  readonly port: number;
  /** Where the listener is bound; default `0.0.0.0`. */
  readonly address?: string;
  /** Upstream: an IP address or a host name. */
  readonly host: string;
  readonly upstreamPort: number;
}

export interface FirstRouteResult {
  /** Cluster, route configuration, listener: as they are in the draft now. */
  readonly resources: readonly DraftResource[];
  /** Those that were already as wanted. */
  readonly unchanged: readonly ResourceRef[];
}

/** The guided first route: `domain` + `path` on `port` go to `host:upstreamPort`. Makes what is missing in the draft and
 * extends what is there (a listener on that port with a route configuration by RDS gets a virtual host or route more); asked
 * twice it changes nothing. Publishes nothing. Editor. `invalid` for bad input or a port whose listener is no such one. */
export async function createFirstRoute(context: Context, input: FirstRouteInput): Promise<FirstRouteResult> {
  throw new Error("being built");
}
