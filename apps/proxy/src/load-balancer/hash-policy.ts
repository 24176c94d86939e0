import {
  type Compiled,
  type ConnectionInfo,
  type HeaderMap,
  type Problem,
  refuse,
  type StreamInfo,
} from "@sluice/extension-api";
import {
  compileRegexSubstitution,
  cookieValue,
  headerKey,
  queryParameter,
  splitAddress,
  toBinaryString,
  xxHash64,
} from "@sluice/matching";
import type { RouteAction_HashPolicy as HashPolicyConfig } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { durationProblems } from "../config-message/duration-problems.ts";
import { hashOf } from "../filter-state/hashable-text.ts";

/** What hashes are made of beside the headers. */
export interface HashSource {
  readonly connection: ConnectionInfo;
  readonly streamInfo: StreamInfo;
  /** Takes a Set-Cookie value for the response; without it no cookie is made. */
  addCookie?(setCookie: string): void;
}

/** One `hash_policy`; `undefined` when the request has nothing of its kind. */
type HashMethod = (headers: HeaderMap, source: HashSource) => bigint | undefined;

const MASK = 0xffff_ffff_ffff_ffffn;

/** The hash by which consistent load balancing keeps a client with its host. */
export class HashPolicy {
  private readonly methods: readonly { readonly hash: HashMethod; readonly terminal: boolean }[];

  constructor(methods: readonly { readonly hash: HashMethod; readonly terminal: boolean }[]) {
    this.methods = methods;
  }

  /** `undefined`: none of the policies has anything to go by. */
  hash(headers: HeaderMap, source: HashSource): bigint | undefined {
    let combined: bigint | undefined;
    for (const { hash, terminal } of this.methods) {
      const next = hash(headers, source);
      if (next !== undefined) {
        // Rotated, so that two equal policies do not cancel each other out.
        const rotated = combined === undefined ? 0n : ((combined << 1n) & MASK) | (combined >> 63n);
        combined = rotated ^ next;
      }
      if (terminal && combined !== undefined) break;
    }
    return combined;
  }
}

/** `RouteAction.hash_policy`; `undefined` when the list is empty. `path` is where the list stands. */
export function compileHashPolicy(
  configs: readonly HashPolicyConfig[],
  path: string,
): Compiled<HashPolicy | undefined> {
  const problems: Problem[] = [];
  const methods: { hash: HashMethod; terminal: boolean }[] = [];
  for (const [i, config] of configs.entries()) {
    const method = compileMethod(config, `${path}[${i}]`);
    if (!method.ok) problems.push(...method.problems);
    else if (method.value !== undefined) methods.push({ hash: method.value, terminal: config.terminal });
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, value: configs.length === 0 ? undefined : new HashPolicy(methods) };
}

function compileMethod(config: HashPolicyConfig, path: string): Compiled<HashMethod | undefined> {
  const specifier = config.policySpecifier;
  switch (specifier.case) {
    case "header": {
      const { headerName, regexRewrite } = specifier.value;
      const name = headerKey(headerName);
      if (regexRewrite === undefined) return { ok: true, value: headerMethod(name, undefined) };
      const rewrite = compileRegexSubstitution(regexRewrite, `${path}.header.regex_rewrite`);
      return rewrite.ok ? { ok: true, value: headerMethod(name, rewrite.value) } : rewrite;
    }
    case "cookie": {
      const { ttl } = specifier.value;
      const problems = durationProblems({ ttl }, `${path}.cookie`);
      return problems.length > 0
        ? { ok: false, problems }
        : { ok: true, value: cookieMethod(specifier.value) };
    }
    case "connectionProperties":
      return { ok: true, value: specifier.value.sourceIp ? sourceIpMethod : undefined };
    case "queryParameter": {
      const name = toBinaryString(specifier.value.name);
      return {
        ok: true,
        value: (headers) => {
          const value = queryParameter(headers.get(":path") ?? "", name);
          return value === undefined ? undefined : xxHash64(value);
        },
      };
    }
    case "filterState": {
      const { key } = specifier.value;
      return { ok: true, value: (_headers, { streamInfo }) => hashOf(streamInfo.filterState.get(key)) };
    }
    default:
      return refuse(
        path,
        "one of header, cookie, connection_properties, query_parameter and filter_state is required",
      );
  }
}

/** All values of the header, rewritten, in an order that does not depend on theirs. */
function headerMethod(name: string, rewrite: ((text: string) => string) | undefined): HashMethod {
  return (headers) => {
    const first = headers.get(name);
    if (first === undefined) return undefined;
    if (headers.getAll(name) === first) return xxHash64(rewrite === undefined ? first : rewrite(first));
    const values: string[] = [];
    headers.forEach((key, value) => {
      if (key === name) values.push(rewrite === undefined ? value : rewrite(value));
    });
    // Each hash is the next one's seed.
    return values.sort().reduce((seed, value) => xxHash64(value, seed), 0n);
  };
}

type CookieConfig = Extract<HashPolicyConfig["policySpecifier"], { case: "cookie" }>["value"];

/** A client without the cookie gets one with a value made of its connection, if `ttl` is set. */
function cookieMethod(config: CookieConfig): HashMethod {
  const name = toBinaryString(config.name);
  const ttlSeconds = config.ttl?.seconds;
  let rest = "";
  if (ttlSeconds !== undefined && ttlSeconds !== 0n) rest += `; Max-Age=${ttlSeconds}`;
  if (config.path !== "") rest += `; Path=${toBinaryString(config.path)}`;
  for (const attribute of config.attributes)
    rest += toBinaryString(`; ${attribute.name}${attribute.value === "" ? "" : `=${attribute.value}`}`);
  rest += "; HttpOnly";
  return (headers, source) => {
    const value = cookieValue(headers, name) ?? "";
    if (value !== "") return xxHash64(value);
    if (ttlSeconds === undefined || source.addCookie === undefined) return undefined;
    const { remoteAddress, localAddress } = source.connection;
    const made = xxHash64(`${remoteAddress}${localAddress}`).toString(16).padStart(16, "0");
    source.addCookie(`${name}="${made}"${rest}`);
    return xxHash64(made);
  };
}

const sourceIpMethod: HashMethod = (_headers, { connection }) => {
  const address = splitAddress(connection.remoteAddress);
  return address === undefined ? undefined : xxHash64(address.ip);
};
