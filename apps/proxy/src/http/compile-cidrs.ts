import type { Compiled, Problem } from "@sluice/extension-api";
import { type Cidr, parseCidr } from "@sluice/matching";
import type { CidrRange } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";

/** A list of `CidrRange`, with every problem. */
export function compileCidrs(ranges: readonly CidrRange[], path: string): Compiled<readonly Cidr[]> {
  const problems: Problem[] = [];
  const cidrs: Cidr[] = [];
  for (const [i, range] of ranges.entries()) {
    const cidr = parseCidr(range, `${path}[${i}]`);
    if (cidr.ok) cidrs.push(cidr.value);
    else problems.push(...cidr.problems);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: cidrs };
}
