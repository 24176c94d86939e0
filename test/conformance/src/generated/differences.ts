import type { Compared, Seen } from "./compare.ts";

/** One thing that the second proxy did in another way than the first. */
export interface Difference {
  /** Of the request; a stat's name. */
  readonly id: string;
  /** Where it differs; header lines are compared one by one. */
  readonly at: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** All differences of the second run from the first. */
export function differencesOf({ runs: [expected, actual] }: Compared): Difference[] {
  if (expected === undefined || actual === undefined) return [];
  const found: Difference[] = [];
  for (const id of new Set([...expected.seen.keys(), ...actual.seen.keys()]))
    walk(id, "", ...comparable(expected.seen.get(id), actual.seen.get(id)), found);
  for (const name of new Set([...expected.stats.keys(), ...actual.stats.keys()]))
    if (expected.stats.get(name) !== actual.stats.get(name))
      found.push({
        id: name,
        at: "stat",
        expected: expected.stats.get(name) ?? 0,
        actual: actual.stats.get(name) ?? 0,
      });
  return found;
}

/** What Envoy's logs tell otherwise of a request whose internal redirect was refused (docs/compatibility.md): its own scheme comes twice. */
const OF_THE_REDIRECT = /^REQ\(:scheme\)$|^METADATA\((ROUTE|VIRTUAL_HOST)/;
/** A parameter of the generated requests, as Envoy decodes it where parameters are edited; Sluice leaves spaces encoded (docs/compatibility.md). */
const DECODED = "q=x y";
/** In how many parts a body comes to the compressor, each of which costs octets, is the codec's affair. */
const OF_THE_COMPRESSOR = /^sent$/;

/** Both without what is known to be told otherwise. */
function comparable(
  expected: Seen | undefined,
  actual: Seen | undefined,
): readonly [Seen | undefined, Seen | undefined] {
  if (expected === undefined || actual === undefined) return [expected, actual];
  const zipped = JSON.stringify(expected.response).toLowerCase().includes('["content-encoding","gzip"]');
  const left = expected.log.map((entry) => {
    if (!isObject(entry)) return [];
    const refused = /^https?,https?$/.test(String(Reflect.get(entry, "REQ(:scheme)")));
    return [...(refused ? [OF_THE_REDIRECT] : []), ...(zipped ? [OF_THE_COMPRESSOR] : [])];
  });
  const without = (seen: Seen): Seen => ({
    ...seen,
    log: seen.log.map((entry, at) =>
      isObject(entry) && (left[at]?.length ?? 0) > 0
        ? Object.fromEntries(
            Object.entries(entry).filter(([name]) => left[at]?.some((names) => names.test(name)) !== true),
          )
        : entry,
    ),
  });
  return [without(encoded(expected)), without(actual)];
}

/** What Envoy did, with the parameter as Sluice leaves it. */
function encoded(seen: Seen): Seen {
  const text = JSON.stringify(seen);
  return text.includes(DECODED) ? JSON.parse(text.replaceAll(DECODED, encodeURI(DECODED))) : seen;
}

function walk(id: string, at: string, expected: unknown, actual: unknown, found: Difference[]): void {
  if (JSON.stringify(expected) === JSON.stringify(actual)) return;
  if (/fields$|trailers$/.test(at) && Array.isArray(expected) && Array.isArray(actual)) {
    const [left, right] = [linesOf(expected), linesOf(actual)];
    const [missing, more] = [without(left, right), without(right, left)];
    found.push({ id, at, expected: missing, actual: more });
    return;
  }
  if (isObject(expected) && isObject(actual) && Array.isArray(expected) === Array.isArray(actual)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)]))
      walk(id, `${at}.${name}`, Reflect.get(expected, name), Reflect.get(actual, name), found);
    return;
  }
  found.push({ id, at, expected, actual });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function linesOf(fields: readonly unknown[]): string[] {
  return fields.map((field) => (Array.isArray(field) ? field.join(": ") : String(field)));
}

/** Lines of the first that the second has not, as often as there are. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const rest = [...others];
  return lines.filter((line) => {
    const at = rest.indexOf(line);
    if (at !== -1) rest.splice(at, 1);
    return at === -1;
  });
}
