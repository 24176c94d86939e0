import type { IPMatcher } from "@sluice/xds/gen/xds/type/matcher/v3/ip_pb.js";
import { type Cidr, CidrMap, cidrKey, parseCidr } from "../cidr-map.ts";
import { parseIpAddress } from "../ip-address.ts";
import { fieldPath, type ProblemList } from "../problem-list.ts";
import type { Branches, MatchAnswer, MatchRun, OnMatch } from "./match-tree.ts";

interface RangeEntry<A> {
  readonly onMatch: OnMatch<A>;
  /** Asked only when no smaller range holds the address. */
  readonly exclusive: boolean;
}

/** `xds.type.matcher.v3.IPMatcher`: the smallest range first, equal ones in their order. */
export class IpBranches<A> implements Branches<A> {
  private readonly ranges: CidrMap<RangeEntry<A>[]>;

  constructor(ranges: readonly (readonly [Cidr, RangeEntry<A>])[]) {
    const byBlock = new Map<string, [Cidr, RangeEntry<A>[]]>();
    for (const [cidr, entry] of ranges) {
      const key = cidrKey(cidr);
      const same = byBlock.get(key) ?? [cidr, []];
      same[1].push(entry);
      byBlock.set(key, same);
    }
    this.ranges = new CidrMap(byBlock.values());
  }

  match(text: string, run: MatchRun<A>): MatchAnswer<A> {
    const address = parseIpAddress(text);
    if (address === undefined) return undefined;
    let first = true;
    for (const entries of this.ranges.findAll(address))
      for (const { onMatch, exclusive } of entries) {
        if (!first && exclusive) continue;
        const answer = onMatch.match(run);
        if (answer !== undefined) return answer;
        first = false;
      }
    return undefined;
  }
}

/** `onMatch` compiles one branch; problems go to `problems`. */
export function compileIpBranches<A>(
  config: IPMatcher,
  path: string,
  problems: ProblemList,
  onMatch: (config: IPMatcher["rangeMatchers"][number]["onMatch"], path: string) => OnMatch<A> | undefined,
): IpBranches<A> {
  const ranges: [Cidr, RangeEntry<A>][] = [];
  for (const [m, matcher] of config.rangeMatchers.entries()) {
    const at = fieldPath(path, `range_matchers[${m}]`);
    const branch = onMatch(matcher.onMatch, fieldPath(at, "on_match"));
    if (matcher.ranges.length === 0)
      problems.error(fieldPath(at, "ranges"), "at least one range is required");
    for (const [r, range] of matcher.ranges.entries()) {
      const cidr = problems.take(parseCidr(range, fieldPath(at, `ranges[${r}]`)));
      if (cidr !== undefined && branch !== undefined)
        ranges.push([cidr, { onMatch: branch, exclusive: matcher.exclusive }]);
    }
  }
  return new IpBranches(ranges);
}
