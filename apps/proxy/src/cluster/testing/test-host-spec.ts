import { bareHost } from "../bare-host.ts";
import type { HostSpec } from "../cluster-config.ts";

/** A host of which a test tells what matters to it; one worker counts for it. */
export function testHostSpec(
  address: string,
  connectTo: HostSpec["connectTo"],
  given: Partial<HostSpec> = {},
): HostSpec {
  return { ...bareHost(address, connectTo, 1), ...given };
}
