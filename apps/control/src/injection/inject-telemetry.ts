import { type ChallengeContent, NO_CHALLENGES, type ResourceKind } from "@sluice/config";
import { injectCluster } from "./inject-cluster.ts";
import { injectListener } from "./inject-listener.ts";
import { injectRoutes } from "./inject-routes.ts";
import type { InjectionSettings } from "./injection-settings.ts";

/**
 * What the nodes get for a published resource: the resource, and where the user has not set it what telemetry needs;
 * with `challenges` also what answers ACME authorities.
 * Pure and deterministic: the same input gives the same bytes, or the very same object when nothing is added.
 */
export function injectTelemetry(
  kind: ResourceKind,
  value: Uint8Array,
  settings: InjectionSettings,
  challenges: ChallengeContent = NO_CHALLENGES,
): Uint8Array {
  switch (kind) {
    case "listeners":
      return injectListener(value, settings, challenges);
    case "routes":
      return injectRoutes(value, challenges.http);
    case "clusters":
      return injectCluster(value);
    case "endpoints":
    case "secrets":
      return value;
  }
}
