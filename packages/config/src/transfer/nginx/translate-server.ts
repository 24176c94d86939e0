import { childrenOf, type Directive } from "./directive.ts";
import type { NginxClusters } from "./nginx-clusters.ts";
import type { NginxNotes } from "./nginx-notes.ts";
import { LOCATION_TRANSLATED, NOT_IMPORTED, routesOfLocation } from "./translate-location.ts";
import { matchOf, orderLocations } from "./translate-match.ts";
import { actionOfReturn, type Route } from "./translate-return.ts";

export interface Server {
  readonly directive: Directive;
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
  readonly tls: TlsFiles | undefined;
}

export interface TlsFiles {
  readonly certificate: string;
  readonly privateKey: string;
  readonly protocols: readonly string[];
}

const TRANSLATED = new Set([
  ...LOCATION_TRANSLATED,
  "listen",
  "server_name",
  "location",
  "ssl_certificate",
  "ssl_certificate_key",
  "ssl_protocols",
  "http2",
]);
TRANSLATED.delete("proxy_pass");

/** A `server` block; undefined when it must be left out. */
export function readServer(
  directive: Directive,
  http: readonly Directive[],
  clusters: NginxClusters,
  notes: NginxNotes,
): Server | undefined {
  const block = directive.block ?? [];
  const names = childrenOf(block, "server_name").flatMap(({ args }) => args);
  const name = names.find((each) => /^[A-Za-z0-9]/.test(each)) ?? `line-${directive.position.line}`;
  if (!notes.judge(block, TRANSLATED, `server '${name}'`)) return undefined;
  const domains = domainsOf(block, notes);
  if (domains === undefined) return undefined;
  const tls = tlsOf(block, http);
  const [answer] = childrenOf(block, "return");
  if (answer !== undefined) {
    const action = actionOfReturn(answer);
    if (typeof action === "string") notes.add("not_understood", answer, `${action}; the server answers 501`);
    const routes = [{ match: { prefix: "/" }, ...(typeof action === "string" ? NOT_IMPORTED : action) }];
    return { directive, name, domains, routes, tls };
  }
  const routes = locationRoutes(directive, http, clusters, notes);
  return routes === undefined ? undefined : { directive, name, domains, routes, tls };
}

function locationRoutes(
  server: Directive,
  http: readonly Directive[],
  clusters: NginxClusters,
  notes: NginxNotes,
): readonly Route[] | undefined {
  const found = [];
  for (const location of childrenOf(server.block, "location")) {
    const match = matchOf(location);
    if (typeof match === "string") {
      notes.add("not_understood", location, `${match}; the server around it is left out`);
      return undefined;
    }
    found.push({ location, match });
  }
  const ordered = orderLocations(found);
  if (typeof ordered === "string") {
    notes.add("not_understood", server, `${ordered}; the server is left out`);
    return undefined;
  }
  const exact = new Set(found.filter(({ match }) => match.kind === "exact").map(({ match }) => match.text));
  return ordered.flatMap(({ location, match }) => {
    const scope = [location.block ?? [], server.block ?? [], http];
    return routesOfLocation(location, match, scope, clusters, notes).filter(
      (route) => match.kind === "exact" || !exact.has(pathOf(route)),
    );
  });
}

/** Of a route that takes one path: the one that only adds a slash gives way to a location that says otherwise. */
function pathOf({ match }: Route): string {
  return "path" in match ? String(match.path) : "";
}

/** A server without a name takes what no other takes; that is told by its listener. */
function domainsOf(block: readonly Directive[], notes: NginxNotes): readonly string[] | undefined {
  const domains = new Set<string>();
  for (const directive of childrenOf(block, "server_name"))
    for (const name of directive.args) {
      if (name === "" || name === "_") continue;
      if (name.startsWith(".")) domains.add(name.slice(1)).add(`*${name}`);
      else if (/^(?:\*\.)?[A-Za-z0-9_.-]+$/.test(name) || /^[A-Za-z0-9_.-]+\.\*$/.test(name))
        domains.add(name.toLowerCase());
      else {
        notes.add(
          "not_understood",
          directive,
          `the name '${name}' cannot be a domain of a virtual host; the server is left out`,
        );
        return undefined;
      }
    }
  return [...domains];
}

function tlsOf(block: readonly Directive[], http: readonly Directive[]): TlsFiles | undefined {
  const of = (name: string) => (childrenOf(block, name)[0] ?? childrenOf(http, name)[0])?.args ?? [];
  const [certificate] = of("ssl_certificate");
  const [privateKey] = of("ssl_certificate_key");
  if (certificate === undefined || privateKey === undefined) return undefined;
  return { certificate, privateKey, protocols: of("ssl_protocols") };
}
