import { DEFAULT_RULES, type TagRule } from "./tag-rules.ts";

/** A stat's name without its variable parts, and those parts as tags. */
export interface TaggedName {
  readonly name: string;
  readonly tags: readonly (readonly [name: string, value: string])[];
}

/** Splits a full stat name by rules, Envoy's default ones unless others are given. Of one tag the first rule wins. As in Envoy no dots are left at the end. */
export function extractTags(name: string, rules: readonly TagRule[] = DEFAULT_RULES): TaggedName {
  const tags: (readonly [string, string])[] = [];
  const cuts: (readonly [number, number])[] = [];
  for (const rule of rules) {
    if (!name.includes(rule.contains)) continue;
    const found = rule.find(name);
    if (found === undefined || tags.some(([tag]) => tag === rule.tag)) continue;
    tags.push([rule.tag, found.value]);
    cuts.push([found.start, found.end]);
  }
  if (cuts.length === 0) return { name, tags };
  // Cuts may overlap.
  cuts.sort((a, b) => a[0] - b[0]);
  let rest = "";
  let at = 0;
  for (const [start, end] of cuts) {
    if (start > at) rest += name.slice(at, start);
    at = Math.max(at, end);
  }
  return { name: (rest + name.slice(at)).replace(/\.+$/, ""), tags };
}
