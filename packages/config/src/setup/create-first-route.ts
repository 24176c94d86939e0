import { and, eq } from "drizzle-orm";
import { change } from "../access/change.ts";
import type { Transaction } from "../access/executor.ts";
import {
  ConfigError,
  type Context,
  type DraftResource,
  type FieldEdit,
  type ResourceRef,
} from "../contract.ts";
import type { DraftRow } from "../draft/draft-rows.ts";
import { freeName } from "../draft/free-name.ts";
import { lockDraft } from "../draft/lock-draft.ts";
import { lockRow } from "../draft/lock-rows.ts";
import { showRow } from "../draft/show-row.ts";
import { storeText } from "../draft/store-text.ts";
import { draftResource } from "../schema/index.ts";
import { applyEdits } from "../text/apply-edits.ts";
import {
  firstClusterYaml,
  firstListenerYaml,
  firstRoute,
  firstRoutesYaml,
  firstVirtualHost,
} from "./first-route-yaml.ts";

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

/**
 * The guided first route: `domain` + `path` on `port` go to `host:upstreamPort`. Makes what is missing in the draft and
 * extends what is there (a listener on that port with a route configuration by RDS gets a virtual host or route more); asked
 * twice it changes nothing. Publishes nothing. Needs config.edit of the three kinds. `invalid` for bad input or a port whose listener is no such one.
 */
export async function createFirstRoute(context: Context, input: FirstRouteInput): Promise<FirstRouteResult> {
  const attempt = {
    permission: "config.edit",
    scope: "checked inside",
    action: "draft.first_route",
    subject: "draft",
  } as const;
  const before = new Map<string, number>();
  const rows = await change(context, attempt, async (tx) => {
    refuseBadInput(input);
    await lockDraft(tx, "update");
    for (const row of await tx.select().from(draftResource))
      before.set(`${row.kind}/${row.name}`, row.revision);
    const cluster = await putCluster(tx, context, input);
    const listener = await findListener(tx, input);
    const routesName = listener?.routes ?? (await freeName(tx, "routes", `http-${input.port}`));
    const routes = await putRoute(tx, context, routesName, input, cluster.name);
    if (listener !== undefined) return [cluster, routes, listener.row];
    const name = await freeName(tx, "listeners", `http-${input.port}`);
    const yaml = firstListenerYaml(name, routesName, input.address ?? "0.0.0.0", input.port);
    return [cluster, routes, await storeText(tx, context, { kind: "listeners", yaml })];
  });
  const unchanged = rows.filter((row) => before.get(`${row.kind}/${row.name}`) === row.revision);
  return {
    resources: await Promise.all(rows.map((row) => showRow(context.db, context.now, row))),
    unchanged: unchanged.map(({ kind, name }) => ({ kind, name })),
  };
}

function refuseBadInput(input: FirstRouteInput): void {
  const bad = (message: string) => new ConfigError("invalid", message);
  const isPort = (port: number) => Number.isInteger(port) && port >= 1 && port <= 65_535;
  if (!isPort(input.port) || !isPort(input.upstreamPort)) throw bad("a port is a number from 1 to 65535");
  if (!input.path.startsWith("/") || /[\s?#]/.test(input.path))
    throw bad("the path starts with / and has no ? or #");
  if (!/^(\*|(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)$/.test(input.domain)) {
    throw bad("the domain is a host name without a port, *.example.com, or *");
  }
  if (!/^[A-Za-z0-9_.:-]+$/.test(input.host)) throw bad("the upstream is a host name or an IP address");
}

/** The cluster that was made for this upstream before, or a new one. */
async function putCluster(tx: Transaction, context: Context, input: FirstRouteInput): Promise<DraftRow> {
  const wanted = `${input.host}-${input.upstreamPort}`.replaceAll(/[^A-Za-z0-9_-]+/g, "-");
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`;
    const row = await lockRow(tx, { kind: "clusters", name });
    const yaml = firstClusterYaml(name, input);
    if (row === undefined) return await storeText(tx, context, { kind: "clusters", yaml });
    if (leadsTo(row.json, input)) return row;
  }
}

function leadsTo(json: unknown, input: FirstRouteInput): boolean {
  const endpoint = at(
    json,
    "load_assignment",
    "endpoints",
    0,
    "lb_endpoints",
    0,
    "endpoint",
    "address",
    "socket_address",
  );
  return at(endpoint, "address") === input.host && at(endpoint, "port_value") === input.upstreamPort;
}

async function findListener(
  tx: Transaction,
  input: FirstRouteInput,
): Promise<{ readonly row: DraftRow; readonly routes: string } | undefined> {
  const rows = await tx.select().from(draftResource).where(eq(draftResource.kind, "listeners"));
  const row = rows.find(
    ({ analysis, json }) =>
      at(json, "address", "socket_address", "port_value") === input.port ||
      analysis.addresses.some(({ key }) => key.startsWith("tcp ") && key.endsWith(`:${input.port}`)),
  );
  if (row === undefined) return undefined;
  const routes = row.analysis.references.find(({ kind }) => kind === "routes");
  if (routes === undefined) {
    throw new ConfigError(
      "invalid",
      `listener '${row.name}' has port ${input.port} and takes no routes by RDS`,
    );
  }
  return { row, routes: routes.name };
}

async function putRoute(
  tx: Transaction,
  context: Context,
  name: string,
  input: FirstRouteInput,
  cluster: string,
): Promise<DraftRow> {
  const [stored] = await tx
    .select()
    .from(draftResource)
    .where(and(eq(draftResource.kind, "routes"), eq(draftResource.name, name)));
  if (stored !== undefined && (stored.json === null || stored.json === undefined)) {
    throw new ConfigError("invalid", `route configuration '${name}' has errors; correct them first`);
  }
  const edits = routeEdits(stored?.json, input, cluster);
  const yaml = applyEdits(stored?.yaml ?? firstRoutesYaml(name), edits);
  if (stored === undefined) return await storeText(tx, context, { kind: "routes", yaml });
  if (edits.length === 0) return stored;
  return await storeText(tx, context, { kind: "routes", name, yaml, expectedRevision: stored.revision });
}

/** Longer prefixes go before shorter ones, since the first match wins; a prefix that is there gets the new cluster. */
function routeEdits(json: unknown, input: FirstRouteInput, cluster: string): readonly FieldEdit[] {
  const hosts = listAt(json, "virtual_hosts");
  const host = hosts.findIndex((item) => listAt(item, "domains").includes(input.domain));
  const route = firstRoute(input.path, cluster);
  if (host < 0) {
    const taken = new Set(hosts.map((item) => at(item, "name")));
    const base = input.domain === "*" ? "any" : input.domain;
    let name = base;
    for (let number = 2; taken.has(name); number++) name = `${base}-${number}`;
    const value = { ...firstVirtualHost(name, input.domain), routes: [route] };
    return [{ op: "insert", path: "virtual_hosts", index: hosts.length, value }];
  }
  const routes = listAt(hosts[host], "routes");
  const path = `virtual_hosts[${host}].routes`;
  const same = routes.findIndex((item) => {
    const match = at(item, "match") as Readonly<Record<string, unknown>> | undefined;
    return match?.prefix === input.path && Object.keys(match).length === 1;
  });
  if (same >= 0) {
    if (at(routes[same], "route", "cluster") === cluster) return [];
    return [{ op: "set", path: `${path}[${same}]`, value: route }];
  }
  const shorter = routes.findIndex((item) => {
    const prefix = at(item, "match", "prefix");
    return typeof prefix === "string" && input.path.startsWith(prefix);
  });
  return [{ op: "insert", path, index: shorter < 0 ? routes.length : shorter, value: route }];
}

function at(json: unknown, ...steps: readonly (string | number)[]): unknown {
  let value = json;
  for (const step of steps) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return value;
}

function listAt(json: unknown, field: string): readonly unknown[] {
  const value = at(json, field);
  return Array.isArray(value) ? value : [];
}
