import type postgres from "postgres";

/** Type → array of it (`pg_type.oid`), as every Postgres has them. */
const ARRAYS: readonly (readonly [element: number, array: number])[] = [
  [16, 1000], // bool
  [17, 1001], // bytea
  [21, 1005], // int2
  [23, 1007], // int4
  [25, 1009], // text
  [114, 199], // json
  [700, 1021], // float4
  [701, 1022], // float8
  [1043, 1015], // varchar
  [20, 1016], // int8
  [2950, 2951], // uuid
  [3802, 3807], // jsonb
];

type Parse = (text: string) => unknown;
type Serialize = (value: unknown) => unknown;

/**
 * Lets `sql` read and write arrays without asking the server for its types. postgres.js would ask on each new connection, and
 * when one breaks meanwhile nothing catches the failure, which ends the process: open with `fetch_types: false`.
 */
export function addArrayTypes(sql: postgres.Sql): void {
  const parsers: Record<number, Parse | undefined> = sql.options.parsers;
  const serializers: Record<number, Serialize | undefined> = sql.options.serializers;
  const { typeArrayMap } = sharedOf(sql);
  for (const [element, array] of ARRAYS) {
    typeArrayMap[element] = array;
    const parse = parsers[element] ?? ((text) => text);
    const serialize = serializers[element] ?? String;
    parsers[array] = (text) => parseArray(text, parse);
    serializers[array] = (value) => (Array.isArray(value) ? formatArray(value, serialize) : value);
  }
}

/** What `sql.array(values, element type)` looks types up in; there in 3.4, but not in its declarations. */
function sharedOf(sql: postgres.Sql): { readonly typeArrayMap: Record<number, number> } {
  return (sql.options as unknown as { readonly shared: { readonly typeArrayMap: Record<number, number> } })
    .shared;
}

function formatArray(values: readonly unknown[], serialize: Serialize): string {
  const items = values.map((value) => {
    if (Array.isArray(value)) return formatArray(value, serialize);
    if (value === null) return "null";
    if (value === undefined) throw new TypeError("an array for Postgres has an undefined element");
    return `"${String(serialize(value)).replace(/["\\]/g, "\\$&")}"`;
  });
  return `{${items.join(",")}}`;
}

/** A brace, a comma, a quoted element, or one without quotes. */
const TOKEN = /[{},]|"((?:[^"\\]|\\.)*)"|[^{},"]+/gsu;

function parseArray(text: string, parse: Parse): unknown {
  const open: unknown[][] = [[]];
  for (const [token, quoted] of text.matchAll(TOKEN)) {
    if (token === ",") continue;
    if (token === "{") {
      const nested: unknown[] = [];
      open.at(-1)?.push(nested);
      open.push(nested);
    } else if (token === "}") open.pop();
    else if (quoted !== undefined) open.at(-1)?.push(parse(quoted.replace(/\\(.)/gsu, "$1")));
    else open.at(-1)?.push(token === "NULL" ? null : parse(token));
  }
  return open[0]?.[0] ?? [];
}
