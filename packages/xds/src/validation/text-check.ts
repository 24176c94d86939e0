import { isIP, isIPv4, isIPv6 } from "node:net";
import { RE2JS } from "re2js";
import type { BytesRules, StringRules } from "./field-rules.ts";
import { addMembership, type Check } from "./range-check.ts";

/** Lengths are in Unicode code points, `…bytes` in UTF-8 (protoc-gen-validate, StringRules). */
export function stringCheck(rules: StringRules): Check<string> {
  const checks: Check<string>[] = [];
  const must = (holds: (value: string) => boolean, text: string): void => {
    checks.push((value) => (holds(value) ? [] : [text]));
  };
  const {
    len,
    minLen,
    maxLen,
    lenBytes,
    minBytes,
    maxBytes,
    pattern,
    prefix,
    suffix,
    contains,
    notContains,
  } = rules;
  if (rules.const !== undefined) must((value) => value === rules.const, `must be '${rules.const}'`);
  if (len !== undefined) must((value) => length(value) === Number(len), `must have ${characters(len)}`);
  if (minLen !== undefined) must((value) => length(value) >= Number(minLen), atLeast(minLen, characters));
  if (maxLen !== undefined)
    must((value) => length(value) <= Number(maxLen), `must have at most ${characters(maxLen)}`);
  if (lenBytes !== undefined)
    must((value) => size(value) === Number(lenBytes), `must have ${lenBytes} bytes`);
  if (minBytes !== undefined) must((value) => size(value) >= Number(minBytes), atLeast(minBytes, bytes));
  if (maxBytes !== undefined)
    must((value) => size(value) <= Number(maxBytes), `must have at most ${bytes(maxBytes)}`);
  if (pattern !== undefined) {
    const regex = RE2JS.compile(pattern);
    must((value) => regex.matcher(value).find(), `must match ${pattern}`);
  }
  if (prefix !== undefined) must((value) => value.startsWith(prefix), `must start with '${prefix}'`);
  if (suffix !== undefined) must((value) => value.endsWith(suffix), `must end with '${suffix}'`);
  if (contains !== undefined) must((value) => value.includes(contains), `must contain '${contains}'`);
  if (notContains !== undefined)
    must((value) => !value.includes(notContains), `must not contain '${notContains}'`);
  addMembership(checks, rules, (text) => text);
  addWellKnown(must, rules);
  const check: Check<string> = (value) => checks.flatMap((one) => one(value));
  return rules.ignoreEmpty === true ? (value) => (value === "" ? [] : check(value)) : check;
}

type Must = (holds: (value: string) => boolean, text: string) => void;

function addWellKnown(must: Must, rules: StringRules): void {
  if (rules.ip) must((value) => isIP(value) !== 0, "must be an IP address");
  if (rules.ipv4) must(isIPv4, "must be an IPv4 address");
  if (rules.ipv6) must(isIPv6, "must be an IPv6 address");
  if (rules.hostname) must(isHostname, "must be a host name");
  if (rules.address)
    must((value) => isIP(value) !== 0 || isHostname(value), "must be a host name or IP address");
  if (rules.uri) must((value) => URL.canParse(value), "must be an absolute URI");
  if (rules.uriRef) must((value) => URL.canParse(value, "http://base.invalid/"), "must be a URI");
  if (rules.uuid) must((value) => UUID.test(value), "must be a UUID");
  if (rules.email) {
    must(
      (value) => /^[^\s@<>]+@/.test(value) && isHostname(value.slice(value.lastIndexOf("@") + 1)),
      "must be an e-mail address",
    );
  }
  if (rules.wellKnownRegex === undefined) return;
  const what = rules.wellKnownRegex === "HTTP_HEADER_NAME" ? "header name" : "header value";
  if (rules.strict === false)
    must((value) => !LINE_BREAK.test(value), `must be a ${what} without line breaks`);
  else if (what === "header name") must((value) => HEADER_NAME.test(value), "must be an HTTP header name");
  else must((value) => HEADER_VALUE.test(value), "must be an HTTP header value (no control characters)");
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const HEADER_NAME = /^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses
const HEADER_VALUE = /^[^\0-\x08\n-\x1f\x7f]*$/;
const LINE_BREAK = /[\0\n\r]/;

/** RFC 1034 §3.5: labels of letters, digits and inner hyphens, at most 63 each and 253 in all. */
function isHostname(value: string): boolean {
  const name = value.endsWith(".") ? value.slice(0, -1) : value;
  return (
    name.length <= 253 && name.split(".").every((label) => /^(?!-)[a-zA-Z0-9-]{1,63}(?<!-)$/.test(label))
  );
}

export function bytesCheck(rules: BytesRules): Check<Uint8Array> {
  const checks: Check<Uint8Array>[] = [];
  const must = (holds: (value: Buffer) => boolean, text: string): void => {
    checks.push((value) => (holds(Buffer.from(value.buffer, value.byteOffset, value.length)) ? [] : [text]));
  };
  const { len, minLen, maxLen, pattern } = rules;
  if (len !== undefined) must((value) => value.length === Number(len), `must have ${bytes(len)}`);
  if (minLen !== undefined) must((value) => value.length >= Number(minLen), atLeast(minLen, bytes));
  if (maxLen !== undefined)
    must((value) => value.length <= Number(maxLen), `must have at most ${bytes(maxLen)}`);
  if (pattern !== undefined) {
    const regex = RE2JS.compile(pattern);
    must((value) => regex.matcher(value.toString("latin1")).find(), `must match ${pattern}`);
  }
  const decode = (text: string): Buffer => Buffer.from(text, "base64");
  const { prefix, suffix, contains } = rules;
  if (rules.const !== undefined)
    must((value) => value.equals(decode(rules.const ?? "")), `must be ${rules.const} (base64)`);
  if (prefix !== undefined)
    must((value) => value.indexOf(decode(prefix)) === 0, `must start with ${prefix} (base64)`);
  if (suffix !== undefined) {
    const end = decode(suffix);
    must(
      (value) => value.length >= end.length && value.subarray(value.length - end.length).equals(end),
      `must end with ${suffix} (base64)`,
    );
  }
  if (contains !== undefined)
    must((value) => value.includes(decode(contains)), `must contain ${contains} (base64)`);
  const texts: Check<string>[] = [];
  addMembership(texts, rules, (text) => text);
  checks.push((value) => texts.flatMap((one) => one(Buffer.from(value).toString("base64"))));
  const sizes = [rules.ip || rules.ipv4 ? 4 : 0, rules.ip || rules.ipv6 ? 16 : 0].filter(
    (count) => count > 0,
  );
  if (sizes.length > 0)
    must((value) => sizes.includes(value.length), `must be an IP address of ${sizes.join(" or ")} bytes`);
  const check: Check<Uint8Array> = (value) => checks.flatMap((one) => one(value));
  return rules.ignoreEmpty === true ? (value) => (value.length === 0 ? [] : check(value)) : check;
}

function length(value: string): number {
  let count = 0;
  for (const _ of value) count++;
  return count;
}

function size(value: string): number {
  return Buffer.byteLength(value);
}

function characters(count: string): string {
  return `${count} character${count === "1" ? "" : "s"}`;
}

function bytes(count: string): string {
  return `${count} byte${count === "1" ? "" : "s"}`;
}

function atLeast(count: string, unit: (count: string) => string): string {
  return count === "1" ? "must not be empty" : `must have at least ${unit(count)}`;
}
