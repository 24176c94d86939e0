/** node packages/matching/src/route-table.bench.ts: time of one match by the number of routes. */
import type { JsonObject } from "@bufbuild/protobuf";
import { tableOf } from "./testing/tables.ts";

const SHAPES: Record<string, { match(i: number): JsonObject; path(i: number): string; header?: boolean }> = {
  path: { match: (i) => ({ path: `/service-${i}/item` }), path: (i) => `/service-${i}/item` },
  prefix: { match: (i) => ({ prefix: `/service-${i}/` }), path: (i) => `/service-${i}/item?x=1` },
  separated: { match: (i) => ({ pathSeparatedPrefix: `/service-${i}` }), path: (i) => `/service-${i}/item` },
  regex: {
    match: (i) => ({ safeRegex: { regex: `/service-${i}/[0-9]+/.*` } }),
    path: (i) => `/service-${i}/123/x`,
  },
  header: {
    match: (i) => ({ prefix: "/", headers: [{ name: "x-tenant", stringMatch: { exact: `t${i}` } }] }),
    path: () => "/item",
    header: true,
  },
};

/** Nanoseconds per match, the best of five rounds, the last route asked for as often as any other. */
function measure(shape: keyof typeof SHAPES, count: number): number {
  const { match, path, header } = SHAPES[shape] ?? { match: () => ({}), path: () => "/" };
  const routes = Array.from({ length: count }, (_, i) => ({
    name: String(i),
    match: match(i),
    directResponse: { status: 200 },
  }));
  routes.push({ name: "rest", match: { prefix: "/rest" }, directResponse: { status: 200 } });
  const table = tableOf({ virtualHosts: [{ name: "v", domains: ["example.com", "*.example.com"], routes }] });
  const requests = Array.from({ length: 64 }, (_, k) => {
    const i = Math.floor((k * (count - 1)) / 63);
    const fields = new Map([
      [":method", "GET"],
      [":authority", "example.com"],
      [":path", path(i)],
      ...(header === true ? [["x-tenant", `t${i}`] as const] : []),
    ]);
    const get = (name: string) => fields.get(name);
    return { want: String(i), view: { get, getAll: get, forEach: () => {} } };
  });
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const started = process.hrtime.bigint();
    for (let n = 0; n < 500; n++)
      for (const { want, view } of requests)
        if (table.match(view, n)?.payload !== want) throw new Error(`route ${want} was not found`);
    best = Math.min(best, Number(process.hrtime.bigint() - started) / (500 * requests.length));
  }
  return best;
}

console.log(
  `${"routes".padEnd(12)}${[10, 100, 1_000, 10_000].map((n) => String(n).padStart(10)).join("")}   ns per match`,
);
for (const shape of Object.keys(SHAPES)) {
  const row = [10, 100, 1_000, 10_000].map((count) => measure(shape, count).toFixed(0).padStart(10));
  console.log(shape.padEnd(12) + row.join(""));
}
