/** node packages/matching/src/route-table.bench.ts: time of one match by the number of routes or hosts, and of compiling them. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { HeaderView } from "./contract.ts";
import { compileRouteTable } from "./route-table.ts";
import { configOf, tableOf } from "./testing/tables.ts";

interface Shape {
  match(i: number): JsonObject;
  path(i: number): string;
  fields?(i: number): readonly (readonly [string, string])[];
}

const tenant = (i: number): JsonObject => ({ name: "x-tenant", stringMatch: { exact: `t${i}` } });

const SHAPES: Record<string, Shape> = {
  path: { match: (i) => ({ path: `/service-${i}/item` }), path: (i) => `/service-${i}/item` },
  prefix: { match: (i) => ({ prefix: `/service-${i}/` }), path: (i) => `/service-${i}/item?x=1` },
  separated: { match: (i) => ({ pathSeparatedPrefix: `/service-${i}` }), path: (i) => `/service-${i}/item` },
  regex: {
    match: (i) => ({ safeRegex: { regex: `/service-${i}/[0-9]+/.*` } }),
    path: (i) => `/service-${i}/123/x`,
  },
  header: {
    match: (i) => ({ prefix: "/", headers: [tenant(i)] }),
    path: () => "/item",
    fields: (i) => [["x-tenant", `t${i}`]],
  },
  query: {
    match: (i) => ({ prefix: "/", queryParameters: [{ name: "tenant", stringMatch: { exact: `t${i}` } }] }),
    path: (i) => `/item?a=1&tenant=t${i}`,
  },
  mixed: {
    match: (i) =>
      [
        { path: `/service-${i}/item` },
        { prefix: `/service-${i}/`, headers: [tenant(i)] },
        { safeRegex: { regex: `/service-${i}/[a-z]+` }, headers: [tenant(i)] },
        { pathSeparatedPrefix: `/service-${i}`, caseSensitive: false },
      ][i % 4] ?? {},
    path: (i) => `/service-${i}/item`,
    fields: (i) => [["x-tenant", `t${i}`]],
  },
};

function viewOf(fields: readonly (readonly [string, string])[]): HeaderView {
  const map = new Map(fields);
  const get = (name: string) => map.get(name);
  return { get, getAll: get, forEach: () => {} };
}

function routesOf({ match }: Shape, count: number): JsonObject[] {
  return Array.from({ length: count }, (_, i) => ({
    name: String(i),
    match: match(i),
    directResponse: { status: 200 },
  }));
}

/** Nanoseconds per call of `ask`, the best of five rounds, the last of `count` asked for as often as any other. */
function perCall(count: number, ask: (k: number) => void): number {
  const asked = Array.from({ length: 64 }, (_, k) => Math.floor((k * (count - 1)) / 63));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const started = process.hrtime.bigint();
    for (let n = 0; n < 500; n++) for (const k of asked.keys()) ask(k);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / (500 * asked.length));
  }
  return best;
}

function measureRoutes(shape: Shape, count: number): number {
  const table = tableOf({
    virtualHosts: [{ name: "v", domains: ["example.com", "*.example.com"], routes: routesOf(shape, count) }],
  });
  const requests = Array.from({ length: 64 }, (_, k) => {
    const i = Math.floor((k * (count - 1)) / 63);
    const fields = [
      [":method", "GET"],
      [":authority", "example.com"],
      [":path", shape.path(i)],
    ] as const;
    return { want: String(i), view: viewOf([...fields, ...(shape.fields?.(i) ?? [])]) };
  });
  return perCall(count, (k) => {
    const request = requests[k];
    if (request && table.match(request.view, 0)?.payload !== request.want)
      throw new Error(`route ${request.want} was not found`);
  });
}

/** Exact domains and wildcards of many lengths. */
function measureHosts(count: number): number {
  const domains = (i: number) =>
    [[`host-${i}.example.com`], [`*.wild-${i}.example.com`], [`pre-${i}.*`]][i % 3] ?? [];
  const table = tableOf({
    virtualHosts: Array.from({ length: count }, (_, i) => ({
      name: String(i),
      domains: domains(i),
      routes: [{ name: String(i), match: { prefix: "/" }, directResponse: { status: 200 } }],
    })),
  });
  const requests = Array.from({ length: 64 }, (_, k) => {
    const i = Math.floor((k * (count - 1)) / 63);
    const host = domains(i)[0]?.replace(/^\*/, "www").replace(/\*$/, "org") ?? "";
    return {
      want: String(i),
      view: viewOf([
        [":authority", host],
        [":path", "/"],
      ]),
    };
  });
  return perCall(count, (k) => {
    const request = requests[k];
    if (request && table.match(request.view, 0)?.payload !== request.want)
      throw new Error(`host ${request.want} was not found`);
  });
}

function compileMs(shape: Shape, count: number): number {
  const config = configOf({ virtualHosts: [{ name: "v", domains: ["*"], routes: routesOf(shape, count) }] });
  const started = performance.now();
  compileRouteTable(config, { payload: () => ({ ok: true, value: undefined }) });
  return performance.now() - started;
}

const COUNTS = [10, 100, 1_000, 10_000];
const header = COUNTS.map((n) => String(n).padStart(9)).join("");
console.log(`${"routes".padEnd(12)}${header}   ns per match; ms to compile 10000`);
for (const [name, shape] of Object.entries(SHAPES)) {
  const row = COUNTS.map((count) => measureRoutes(shape, count).toFixed(0).padStart(9));
  console.log(`${name.padEnd(12)}${row.join("")}${compileMs(shape, 10_000).toFixed(0).padStart(8)}`);
}
const hosts = COUNTS.map((count) => measureHosts(count).toFixed(0).padStart(9));
console.log(`${"hosts".padEnd(12)}${hosts.join("")}`);
