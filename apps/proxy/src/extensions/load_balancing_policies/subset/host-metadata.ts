import type { Host } from "../../../cluster/thread-local-cluster.ts";
import { criterionOf, type MetadataMatch, valueKey } from "../../../load-balancer/metadata-match.ts";

/** What a host's metadata says under each of `keys`; several combinations where a list means any of its values. */
export function combinationsOf(
  host: Host,
  keys: readonly string[],
  listAsAny: boolean,
): readonly MetadataMatch[] {
  const fields = lbMetadata(host);
  let combinations: MetadataMatch[] = [[]];
  for (const name of keys) {
    if (fields === undefined || !(name in fields)) return [];
    const value = fields[name];
    const values: readonly unknown[] = listAsAny && Array.isArray(value) ? value : [value];
    combinations = combinations.flatMap((before) =>
      values.map((each) => [...before, criterionOf(name, each)]),
    );
  }
  return combinations;
}

export function hostMatches(host: Host, wanted: MetadataMatch, listAsAny: boolean): boolean {
  const fields = lbMetadata(host);
  return wanted.every(({ name, key }) => {
    if (fields === undefined || !(name in fields)) return false;
    const value = fields[name];
    if (listAsAny && Array.isArray(value)) return value.some((each) => valueKey(each) === key);
    return valueKey(value) === key;
  });
}

function lbMetadata(host: Host): Readonly<Record<string, unknown>> | undefined {
  const fields = host.metadata?.["envoy.lb"];
  return typeof fields === "object" && fields !== null && !Array.isArray(fields)
    ? asFields(fields)
    : undefined;
}

/** The caller has seen that it is an object and no list. */
function asFields(value: object): Readonly<Record<string, unknown>> {
  return value as Readonly<Record<string, unknown>>;
}
