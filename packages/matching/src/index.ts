export { type Cidr, CidrMap, CidrSet, parseCidr } from "./cidr-map.ts";
export type { Compiled, Condition, HeaderView, MatchContext, RuntimeView } from "./contract.ts";
export { compileCookieMatcher } from "./cookie-matcher.ts";
export { type Explanation, explainMatch, type Verdict } from "./explain-match.ts";
export type { ConnectionFacts } from "./filter-chain-level.ts";
export {
  type CompiledFilterChain,
  type CompileFilterChainsOptions,
  compileFilterChains,
  type FilterChainTable,
} from "./filter-chain-table.ts";
export { compileHeaderMatcher } from "./header-matcher.ts";
export { type IpAddress, isLoopback, parseIpAddress } from "./ip-address.ts";
export { compileRegex, type LinearRegex } from "./linear-regex.ts";
export { compileQueryParameterMatcher, queryParameter } from "./query-parameter-matcher.ts";
export { isGrpcContentType } from "./route-conditions.ts";
export {
  type CompiledRoute,
  type CompiledVirtualHost,
  type CompileRouteTableOptions,
  compileRouteTable,
  type RouteTable,
} from "./route-table.ts";
export { compileRuntimeFraction } from "./runtime-fraction.ts";
export { type CompiledStringMatcher, compileStringMatcher } from "./string-matcher.ts";
export { compileUriTemplate, type UriTemplate } from "./uri-template.ts";
export { compileMetadataMatcher, compileValueMatcher } from "./value-matcher.ts";
export { compileWeightedClusters, type WeightedClusters } from "./weighted-clusters.ts";
