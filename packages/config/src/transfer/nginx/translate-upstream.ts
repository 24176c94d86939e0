import { isIP } from "node:net";
import { type Directive, shownDirective } from "./directive.ts";
import type { NginxNotes } from "./nginx-notes.ts";

export interface HostPort {
  readonly address: string;
  readonly port: number;
}

/** `10.0.0.1:8080`, `[::1]:80`, `app`; undefined for Unix sockets and what is no address. */
export function hostPortOf(text: string, defaultPort: number): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (address === undefined || port < 1 || port > 65_535) return undefined;
  return { address, port };
}

export interface ClusterOptions {
  readonly connectTimeout: string;
  /** TLS to the upstream with this server name; undefined: plain text. */
  readonly tls?: { readonly sni: string } | undefined;
  readonly policy?: string | undefined;
}

export interface Endpoint extends HostPort {
  readonly weight?: number | undefined;
  readonly backup?: boolean;
}

export function clusterJson(name: string, endpoints: readonly Endpoint[], options: ClusterOptions): object {
  const lbEndpoints = (backup: boolean) =>
    endpoints
      .filter((endpoint) => (endpoint.backup ?? false) === backup)
      .map(({ address, port, weight }) => ({
        endpoint: { address: { socket_address: { address, port_value: port } } },
        ...(weight === undefined ? {} : { load_balancing_weight: weight }),
      }));
  const [main, spare] = [lbEndpoints(false), lbEndpoints(true)];
  const tls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext";
  return {
    name,
    type: endpoints.every(({ address }) => isIP(address) !== 0) ? "STATIC" : "STRICT_DNS",
    connect_timeout: options.connectTimeout,
    ...(options.policy === undefined ? {} : { lb_policy: options.policy }),
    load_assignment: {
      cluster_name: name,
      endpoints: [
        ...(main.length > 0 ? [{ lb_endpoints: main }] : []),
        ...(spare.length > 0 ? [{ priority: 1, lb_endpoints: spare }] : []),
      ],
    },
    ...(options.tls === undefined
      ? {}
      : {
          transport_socket: {
            name: "envoy.transport_sockets.tls",
            typed_config: { "@type": tls, ...(options.tls.sni === "" ? {} : { sni: options.tls.sni }) },
          },
        }),
  };
}

export interface Upstream {
  readonly endpoints: readonly Endpoint[];
  readonly policy: string | undefined;
  readonly directive: Directive;
}

const TRANSLATED = new Set(["server", "least_conn", "random", "ip_hash", "hash"]);

/** An `upstream` block; undefined when it must be left out. */
export function readUpstream(directive: Directive, notes: NginxNotes): Upstream | undefined {
  const block = directive.block ?? [];
  if (!notes.judge(block, TRANSLATED, `upstream '${directive.args[0] ?? ""}'`)) return undefined;
  let policy: string | undefined;
  const endpoints: Endpoint[] = [];
  for (const child of block) {
    if (child.name === "least_conn") policy = "LEAST_REQUEST";
    else if (child.name === "random") policy = "RANDOM";
    else if (child.name === "ip_hash" || child.name === "hash")
      notes.add(
        "not_understood",
        child,
        "requests are spread by turns instead: a hash needs a policy on each route",
      );
    else if (child.name === "server") {
      const endpoint = readServer(child, notes);
      if (endpoint !== undefined) endpoints.push(endpoint);
    }
  }
  if (endpoints.length > 0) return { endpoints, policy, directive };
  notes.add(
    "not_understood",
    directive,
    `${shownDirective(directive)} has no server that can be carried over`,
  );
  return undefined;
}

function readServer(directive: Directive, notes: NginxNotes): Endpoint | undefined {
  const [text = "", ...parameters] = directive.args;
  const found = hostPortOf(text, 80);
  if (found === undefined) {
    notes.add(
      "not_understood",
      directive,
      "its address is neither an IP address nor a host name with a port",
    );
    return undefined;
  }
  let weight: number | undefined;
  let backup = false;
  for (const parameter of parameters) {
    if (/^weight=[1-9]\d{0,8}$/.test(parameter)) weight = Number(parameter.slice(7));
    else if (parameter === "backup") backup = true;
    else if (parameter === "down") {
      notes.add("ignored", directive, "it is marked down: it is no endpoint");
      return undefined;
    } else notes.add("not_understood", directive, `'${parameter}' is not carried over`);
  }
  return { ...found, weight, backup };
}
