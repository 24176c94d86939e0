import type { ServerNameMatcher } from "@sluice/xds/gen/xds/type/matcher/v3/domain_pb.js";
import { toBinaryString } from "../binary-string.ts";
import { fieldPath, type ProblemList } from "../problem-list.ts";
import type { Branches, MatchAnswer, MatchRun, OnMatch } from "./match-tree.ts";

/** `xds.type.matcher.v3.ServerNameMatcher`: the whole name, then `*.` and each shorter ending, then `*`. Case counts. */
export class ServerNameBranches<A> implements Branches<A> {
  private readonly exact: ReadonlyMap<string, OnMatch<A>>;
  /** By what follows `*.`. */
  private readonly wildcards: ReadonlyMap<string, OnMatch<A>>;
  private readonly any: OnMatch<A> | undefined;

  constructor(domains: ReadonlyMap<string, OnMatch<A>>) {
    const exact = new Map<string, OnMatch<A>>();
    const wildcards = new Map<string, OnMatch<A>>();
    for (const [domain, onMatch] of domains)
      if (domain.startsWith("*.")) wildcards.set(domain.slice(2), onMatch);
      else if (domain !== "*") exact.set(domain, onMatch);
    this.exact = exact;
    this.wildcards = wildcards;
    this.any = domains.get("*");
  }

  match(name: string, run: MatchRun<A>): MatchAnswer<A> {
    if (name === "") return undefined;
    const exact = this.exact.get(name)?.match(run);
    if (exact !== undefined) return exact;
    for (let dot = name.indexOf("."); dot !== -1; dot = name.indexOf(".", dot + 1)) {
      const answer = this.wildcards.get(name.slice(dot + 1))?.match(run);
      if (answer !== undefined) return answer;
    }
    return this.any?.match(run);
  }
}

/** `onMatch` compiles one branch; problems go to `problems`. */
export function compileServerNameBranches<A>(
  config: ServerNameMatcher,
  path: string,
  problems: ProblemList,
  onMatch: (
    config: ServerNameMatcher["domainMatchers"][number]["onMatch"],
    path: string,
  ) => OnMatch<A> | undefined,
): ServerNameBranches<A> {
  const domains = new Map<string, OnMatch<A>>();
  const seen = new Set<string>();
  for (const [m, matcher] of config.domainMatchers.entries()) {
    const at = fieldPath(path, `domain_matchers[${m}]`);
    const branch = onMatch(matcher.onMatch, fieldPath(at, "on_match"));
    if (matcher.domains.length === 0)
      problems.error(fieldPath(at, "domains"), "at least one domain is required");
    for (const [d, domain] of matcher.domains.entries()) {
      const wrong = seen.has(domain)
        ? `Duplicate domain in ServerNameMatcher: ${domain}`
        : wrongDomain(domain);
      if (wrong !== undefined) problems.error(fieldPath(at, `domains[${d}]`), wrong);
      seen.add(domain);
      if (branch !== undefined) domains.set(toBinaryString(domain), branch);
    }
  }
  return new ServerNameBranches(domains);
}

function wrongDomain(domain: string): string | undefined {
  if (domain === "*") return undefined;
  if (domain === "") return "Empty domain in ServerNameMatcher";
  const rest = domain.startsWith("*.") && domain.length > 2 ? domain.slice(2) : domain;
  if (!rest.includes("*")) return undefined;
  return `Invalid wildcard domain format: ${domain}. Only '*' and '*.domain' patterns are supported`;
}
