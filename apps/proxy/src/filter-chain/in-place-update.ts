import { createHash } from "node:crypto";
import { clone, equals, toBinary } from "@bufbuild/protobuf";
import {
  type FilterChain,
  FilterChainSchema,
} from "@sluice/xds/gen/envoy/config/listener/v3/listener_components_pb.js";
import { type Listener, ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";

/** Stands for a chain's whole content: chains of one key are the same. */
export function filterChainKey(chain: FilterChain): string {
  return createHash("sha256").update(toBinary(FilterChainSchema, chain)).digest("base64");
}

/**
 * The chains of `next` when it differs from `before` in its filter chains only: then connections on those that stay are left
 * alone. Undefined when anything else differs.
 */
export function keptFilterChains(before: Listener, next: Listener): ReadonlySet<string> | undefined {
  return equals(ListenerSchema, withoutChains(before), withoutChains(next)) ? chainKeys(next) : undefined;
}

/** Keys of all chains of a listener. */
export function chainKeys(listener: Listener): ReadonlySet<string> {
  const { filterChains, defaultFilterChain } = listener;
  const all = defaultFilterChain === undefined ? filterChains : [...filterChains, defaultFilterChain];
  return new Set(all.map(filterChainKey));
}

function withoutChains(listener: Listener): Listener {
  const copy = clone(ListenerSchema, listener);
  copy.filterChains = [];
  copy.defaultFilterChain = undefined;
  copy.filterChainMatcher = undefined;
  return copy;
}
