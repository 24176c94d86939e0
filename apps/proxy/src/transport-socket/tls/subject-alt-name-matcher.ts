import { type Compiled, refuse } from "@sluice/extension-api";
import { compileStringMatcher } from "@sluice/matching";
import {
  SubjectAltNameMatcher_SanType as SanType,
  type SubjectAltNameMatcher,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/common_pb.js";
import type { SubjectAltName, SubjectAltNameKind } from "./certificate-names.ts";

export type SubjectAltNameTest = (name: SubjectAltName) => boolean;

const KINDS: Readonly<Record<number, SubjectAltNameKind>> = {
  [SanType.EMAIL]: "email",
  [SanType.DNS]: "dns",
  [SanType.URI]: "uri",
  [SanType.IP_ADDRESS]: "ip",
  [SanType.OTHER_NAME]: "otherName",
};
const OID = /^[0-2](\.(0|[1-9]\d*))+$/;

/** `SubjectAltNameMatcher`; problems' paths start at `path`. */
export function compileSubjectAltNameMatcher(
  config: SubjectAltNameMatcher,
  path: string,
): Compiled<SubjectAltNameTest> {
  const kind = KINDS[config.sanType];
  const pattern = config.matcher?.matchPattern;
  if (kind === undefined || config.matcher === undefined) {
    return refuse(path, "needs a san_type and a matcher");
  }
  if (kind === "otherName" && !OID.test(config.oid)) {
    const message = `'${config.oid}' is not a dotted object identifier`;
    return refuse(`${path}.oid`, message);
  }
  // An exact DNS name is compared as DNS names are, whatever `ignore_case` says.
  if (kind === "dns" && pattern?.case === "exact") {
    const wanted = pattern.value;
    return { ok: true, value: (name) => name.kind === "dns" && dnsNameMatches(wanted, name.value) };
  }
  const matcher = compileStringMatcher(config.matcher, `${path}.matcher`);
  if (!matcher.ok) return matcher;
  const { oid } = config;
  return {
    ok: true,
    value: (name) =>
      name.kind === kind &&
      (kind !== "otherName" || name.oid === oid) &&
      matcher.value.matches(Buffer.from(name.value, "utf8").toString("latin1")),
  };
}

/** RFC 6125 §6.4: case does not matter; `*` stands for (part of) the leftmost label of the certificate's name only. */
export function dnsNameMatches(host: string, pattern: string): boolean {
  const name = host.toLowerCase();
  const wanted = pattern.toLowerCase();
  if (name === wanted) return true;
  const dot = wanted.indexOf(".");
  const label = dot < 0 ? wanted : wanted.slice(0, dot);
  const star = label.indexOf("*");
  if (star < 0 || label.indexOf("*", star + 1) >= 0 || dot < 0 || label.startsWith("xn--")) return false;
  const nameDot = name.indexOf(".");
  if (nameDot < 0 || name.slice(nameDot) !== wanted.slice(dot)) return false;
  const first = name.slice(0, nameDot);
  return (
    first.length >= label.length &&
    first.startsWith(label.slice(0, star)) &&
    first.endsWith(label.slice(star + 1))
  );
}
