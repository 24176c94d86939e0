import type { ResourceKind } from "@sluice/config";
import { injectCluster } from "./inject-cluster.ts";
import { injectListener } from "./inject-listener.ts";
import { injectRoutes } from "./inject-routes.ts";
import type { InjectionSettings } from "./injection-settings.ts";

/**
 * What the nodes get for a published resource: the resource, and where the user has not set it what telemetry needs;
 * with `answersChallenges` also a route that answers ACME challenges.
 * Pure and deterministic: the same input gives the same bytes, or the very same object when nothing is added.
 */
export function injectTelemetry(
  kind: ResourceKind,
  value: Uint8Array,
  settings: InjectionSettings,
  answersChallenges = false,
): Uint8Array {
  switch (kind) {
    case "listeners":
      return injectListener(value, settings, answersChallenges);
    case "routes":
      return injectRoutes(value, answersChallenges);
    case "clusters":
      return injectCluster(value);
    case "endpoints":
    case "secrets":
      return value;
  }
}
