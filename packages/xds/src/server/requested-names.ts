import type { DiscoveryRequest, ResourceLocator } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import type { DeltaRequest } from "./delta-request.ts";

/**
 * The names that a request asks for. Locators count by their name: resources here have no constraints, so that any dynamic
 * parameters match them.
 */
export function requestedNames({ resourceNames, resourceLocators }: DiscoveryRequest): readonly string[] {
  return withLocators(resourceNames, resourceLocators);
}

export function subscribedNames(request: DeltaRequest): readonly string[] {
  return withLocators(request.resourceNamesSubscribe, request.resourceLocatorsSubscribe);
}

export function unsubscribedNames(request: DeltaRequest): readonly string[] {
  return withLocators(request.resourceNamesUnsubscribe, request.resourceLocatorsUnsubscribe);
}

function withLocators(names: readonly string[], locators: readonly ResourceLocator[]): readonly string[] {
  return locators.length === 0 ? names : [...names, ...locators.map(({ name }) => name)];
}
