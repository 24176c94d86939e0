export { fromBinaryString, toBinaryString } from "./binary-string.ts";
export { type Cidr, CidrMap, CidrSet, compileCidrSet, maskedAddress, parseCidr } from "./cidr-map.ts";
export type { CompiledRoute } from "./compiled-route.ts";
export type { Compiled, Condition, HeaderView, MatchContext, RuntimeView } from "./contract.ts";
export { compileCookieMatcher, cookieValue } from "./cookie-matcher.ts";
export { explainFilterChains, type FilterChainExplanation } from "./explain-filter-chains.ts";
export { type Explanation, explainMatch, type Verdict } from "./explain-match.ts";
export type { ConnectionFacts } from "./filter-chain-level.ts";
export {
  type CompiledFilterChain,
  type CompileFilterChainsOptions,
  compileFilterChains,
  type FilterChainTable,
} from "./filter-chain-table.ts";
export { compileFilterStateMatcher } from "./filter-state-matcher.ts";
export { compileHeaderMatcher, headerKey } from "./header-matcher.ts";
export { type IpAddress, isLoopback, parseIpAddress } from "./ip-address.ts";
export { compileRegex, type LinearRegex } from "./linear-regex.ts";
export {
  type CompileMatcherOptions,
  compileMatcher,
  type MatcherConfig,
  MatcherTree,
} from "./matcher/compile-matcher.ts";
export {
  type ConnectionAddresses,
  ConnectionMatchView,
  splitAddress,
} from "./matcher/connection-view.ts";
export { environmentInput } from "./matcher/environment-input.ts";
export { HTTP_INPUTS } from "./matcher/http-inputs.ts";
export type { InputMatcher } from "./matcher/input-matcher.ts";
export type { MatchStep } from "./matcher/match-trace.ts";
export { INSUFFICIENT_DATA, type MatchAnswer } from "./matcher/match-tree.ts";
export {
  type ConnectionView,
  type FilterStateObject,
  filterStateJson,
  filterStateText,
  type MatchInput,
  type MatchingData,
  NOT_AVAILABLE,
} from "./matcher/matching-data.ts";
export { CONNECTION_INPUTS, NETWORK_INPUTS } from "./matcher/network-inputs.ts";
export type { PredicateParts } from "./matcher/predicate.ts";
export { TRANSPORT_SOCKET_INPUTS } from "./matcher/transport-socket-inputs.ts";
export {
  compileExtension,
  type KnownExtension,
  type KnownExtensions,
  known,
  type TypedExtension,
} from "./matcher/typed-extension.ts";
export { metadataValue } from "./metadata-value.ts";
export { hasEscapedSlash, mergeSlashes, normalizePath, unescapeSlashes } from "./normalize-path.ts";
export { ONE_LINE_IN_REQUESTS, ONE_LINE_IN_RESPONSES } from "./one-line-headers.ts";
export { compilePathMatcher } from "./path-matcher.ts";
export {
  compilePathMatchPolicy,
  compilePathRule,
  meetsPathRule,
  type PathRule,
  routingPath,
} from "./path-rule.ts";
export { percentDecoded } from "./percent-decoded.ts";
export { compileQueryParameterMatcher, queryParameter } from "./query-parameter-matcher.ts";
export { redirectLocation, requestLocation } from "./redirect-location.ts";
export {
  compileRequestTargetRules,
  type RequestTargetDefaults,
  type RequestTargetRules,
  redirectsPath,
  rewriteAuthority,
  rewritePath,
} from "./request-target.ts";
export { compileRegexSubstitution, prefixRewriter } from "./rewrite-target.ts";
export { isGrpcContentType, isGrpcRequest } from "./route-conditions.ts";
export {
  type CompiledVirtualHost,
  type CompileRouteTableOptions,
  compileRouteTable,
  type RouteTable,
} from "./route-table.ts";
export { compileRuntimeFraction } from "./runtime-fraction.ts";
export { splitPath } from "./split-path.ts";
export {
  type CompiledStringMatcher,
  compileStringMatcher,
  type StringMatcherConfig,
} from "./string-matcher.ts";
export { compileUriTemplate, type UriTemplate } from "./uri-template.ts";
export { compileMetadataMatcher, compileValueMatcher } from "./value-matcher.ts";
export { compileWeightedClusters, NO_WEIGHT, type WeightedClusters } from "./weighted-clusters.ts";
export { xxHash64 } from "./xx-hash64.ts";
