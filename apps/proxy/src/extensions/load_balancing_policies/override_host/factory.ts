import type { Compiled, Problem } from "@sluice/extension-api";
import type { OverrideHost } from "@sluice/xds/gen/envoy/extensions/load_balancing_policies/override_host/v3/override_host_pb.js";
import type { MetadataKey } from "@sluice/xds/gen/envoy/type/metadata/v3/metadata_pb.js";
import type {
  LoadBalancingPolicyFactory,
  PolicyCompileContext,
} from "../../../load-balancer/load-balancer.ts";
import {
  type MetadataPath,
  type OverrideHostConfig,
  OverrideHostLoadBalancer,
  type OverrideSource,
} from "./override-host-load-balancer.ts";

export const overrideHostFactory: LoadBalancingPolicyFactory<OverrideHostConfig> = {
  compile: (message, context) => compileOverrideHost(asOverrideHost(message), context),
  create: (config, context) => new OverrideHostLoadBalancer(config, context.createNested(config.fallback)),
};

function compileOverrideHost(
  given: OverrideHost,
  { path, compileNested }: PolicyCompileContext,
): Compiled<OverrideHostConfig> {
  const problems: Problem[] = [];
  const sources: OverrideSource[] = [];
  given.overrideHostSources.forEach(({ header, metadata }, index) => {
    const key = metadataPath(metadata);
    if ((header === "") === (key === undefined)) {
      const at = `${path}.override_host_sources[${index}]`;
      problems.push({ path: at, message: "needs either header or metadata", severity: "error" });
    } else sources.push({ header: header.toLowerCase(), metadata: key });
  });
  const fallback = compileNested(given.fallbackPolicy, `${path}.fallback_policy`);
  if (!fallback.ok) problems.push(...fallback.problems);
  if (problems.length > 0 || !fallback.ok) return { ok: false, problems };
  const selectedHostKey = metadataPath(given.selectedHostKey);
  return { ok: true, value: { sources, selectedHostKey, fallback: fallback.value } };
}

function metadataPath(key: MetadataKey | undefined): MetadataPath | undefined {
  if (key === undefined) return undefined;
  const path = key.path.map(({ segment }) => (segment.case === "key" ? segment.value : ""));
  return { filter: key.key, path };
}

/** The registry found this factory by the message's type. */
function asOverrideHost(message: unknown): OverrideHost {
  return message as OverrideHost;
}
