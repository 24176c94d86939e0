import type { NodeMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/node_pb.js";
import type { StringMatcher } from "@sluice/xds/gen/envoy/type/matcher/v3/string_pb.js";

/** Which nodes a request asks about: any of its matchers by the node's id; none: all. A string says why it is refused. */
export function nodeFilter(matchers: readonly NodeMatcher[]): ((id: string) => boolean) | string {
  const filters: ((id: string) => boolean)[] = [];
  for (const { nodeId, nodeMetadatas } of matchers) {
    if (nodeMetadatas.length > 0) return "node_matchers.node_metadatas is not implemented";
    const filter = nodeId === undefined ? () => true : stringFilter(nodeId);
    if (typeof filter === "string") return filter;
    filters.push(filter);
  }
  return (id) => filters.length === 0 || filters.some((filter) => filter(id));
}

function stringFilter({ matchPattern, ignoreCase }: StringMatcher): ((id: string) => boolean) | string {
  const cased = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  switch (matchPattern.case) {
    case "exact":
      return (id) => cased(id) === cased(matchPattern.value);
    case "prefix":
      return (id) => cased(id).startsWith(cased(matchPattern.value));
    case "suffix":
      return (id) => cased(id).endsWith(cased(matchPattern.value));
    case "contains":
      return (id) => cased(id).includes(cased(matchPattern.value));
    case "safeRegex":
    case "custom":
      return `node_matchers.node_id: ${matchPattern.case} is not implemented`;
    case undefined:
      return "node_matchers.node_id must have a pattern";
  }
}
