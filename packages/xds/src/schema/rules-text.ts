import { type FieldRules, NUMBER_RULES, type RangeRules } from "../validation/field-rules.ts";

/** A field's rules as short English phrases for forms and hovers: "required", "at least 1 character", "0 to 65535". */
export function rulesText(rules: FieldRules): string[] {
  const { message, string, bytes, repeated, map, any, duration, timestamp } = rules;
  const phrases: string[] = [];
  if ([message, any, duration, timestamp].some((rule) => rule?.required === true)) phrases.push("required");
  for (const name of NUMBER_RULES) phrases.push(...rangeText(rules[name]));
  phrases.push(...rangeText(duration), ...rangeText(timestamp));
  if (rules.bool?.const !== undefined) phrases.push(`must be ${rules.bool.const}`);
  phrases.push(...span(string?.minLen, string?.maxLen, "character", "not empty"));
  phrases.push(...span(string?.minBytes, string?.maxBytes, "byte", "not empty"));
  phrases.push(...span(bytes?.minLen, bytes?.maxLen, "byte", "not empty"));
  const text = string ?? {};
  if (text.pattern !== undefined) phrases.push(`matches ${text.pattern}`);
  if (text.prefix !== undefined) phrases.push(`starts with '${text.prefix}'`);
  if (text.suffix !== undefined) phrases.push(`ends with '${text.suffix}'`);
  if (text.in !== undefined) phrases.push(`one of ${text.in.join(", ")}`);
  if (text.wellKnownRegex === "HTTP_HEADER_NAME") phrases.push("an HTTP header name");
  if (text.wellKnownRegex === "HTTP_HEADER_VALUE") phrases.push("an HTTP header value");
  phrases.push(...span(repeated?.minItems, repeated?.maxItems, "item", "at least 1 item"));
  if (repeated?.unique === true) phrases.push("no item twice");
  if (repeated?.items !== undefined)
    phrases.push(...rulesText(repeated.items).map((phrase) => `each: ${phrase}`));
  phrases.push(...span(map?.minPairs, map?.maxPairs, "entry", "at least 1 entry"));
  if (map?.keys !== undefined) phrases.push(...rulesText(map.keys).map((phrase) => `each key: ${phrase}`));
  if (map?.values !== undefined)
    phrases.push(...rulesText(map.values).map((phrase) => `each value: ${phrase}`));
  return [...new Set(phrases)];
}

function rangeText(rules: RangeRules<number | string> | undefined): string[] {
  if (rules === undefined) return [];
  const { const: exactly, lt, lte, gt, gte } = rules;
  if (gte !== undefined && lte !== undefined) return [`${gte} to ${lte}`];
  const phrases: string[] = [];
  if (exactly !== undefined) phrases.push(`must be ${exactly}`);
  if (gt !== undefined) phrases.push(`greater than ${gt}`);
  if (gte !== undefined) phrases.push(`at least ${gte}`);
  if (lt !== undefined) phrases.push(`less than ${lt}`);
  if (lte !== undefined) phrases.push(`at most ${lte}`);
  if (rules.in !== undefined) phrases.push(`one of ${rules.in.join(", ")}`);
  if (rules.notIn !== undefined) phrases.push(`none of ${rules.notIn.join(", ")}`);
  return phrases;
}

function span(least: string | undefined, most: string | undefined, unit: string, one: string): string[] {
  const plural = unit === "entry" ? "entries" : `${unit}s`;
  const count = (number: string): string => `${number} ${number === "1" ? unit : plural}`;
  if (least !== undefined && most !== undefined) return [`${least} to ${count(most)}`];
  if (least !== undefined) return [least === "1" ? one : `at least ${count(least)}`];
  return most === undefined ? [] : [`at most ${count(most)}`];
}
