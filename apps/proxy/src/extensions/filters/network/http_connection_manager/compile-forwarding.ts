import { type Compiled, gatherProblems, type Problem } from "@sluice/extension-api";
import type { HttpConnectionManager as Config } from "@sluice/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js";
import { compileCidrs } from "../../../../http/compile-cidrs.ts";
import {
  type AddressDetection,
  XffHopsDetection,
} from "../../../../http-connection-manager/client-address.ts";
import type { EarlyHeaderMutation } from "../../../../http-connection-manager/early-header-mutation.ts";
import type { ClientCertChoice } from "../../../../http-connection-manager/forward-client-cert.ts";
import type { ForwardingConfig } from "../../../../http-connection-manager/forwarding-headers.ts";
import { InternalAddresses } from "../../../../http-connection-manager/internal-addresses.ts";
import { resolveExtension } from "../../../../registry/resolve-extension.ts";
import type { WorkerContext } from "../../../../worker/worker-context.ts";
import { compileClientCert } from "./compile-client-cert.ts";

/** What of a connection manager decides whom a request's forwarding fields are believed from. */
export interface CompiledForwarding {
  readonly forwarding: ForwardingConfig;
  readonly clientCert: ClientCertChoice;
  readonly earlyHeaderMutations: readonly EarlyHeaderMutation[];
}

export function compileForwarding(config: Config, worker: WorkerContext): Compiled<CompiledForwarding> {
  const problems: Problem[] = [];
  const internal = config.internalAddressConfig;
  const ranges = compileCidrs(internal?.cidrRanges ?? [], "internal_address_config.cidr_ranges");
  if (!ranges.ok) problems.push(...ranges.problems);
  const detections = compileDetections(config, worker, problems);
  const early = compileEarlyMutations(config, worker, problems);
  const scheme = config.schemeHeaderTransformation?.transformation;
  const httpsPorts = new Set(config.forwardProtoConfig?.httpsDestinationPorts);
  const httpPorts = new Set(config.forwardProtoConfig?.httpDestinationPorts);
  const clientCert = compileClientCert(config);
  if (!clientCert.ok) problems.push(...clientCert.problems);
  if (problems.length > 0 || !ranges.ok || !clientCert.ok) return { ok: false, problems };
  return {
    ok: true,
    value: {
      forwarding: {
        useRemoteAddress: config.useRemoteAddress ?? false,
        xffNumTrustedHops: config.xffNumTrustedHops,
        skipXffAppend: config.skipXffAppend,
        detections,
        internalAddresses: new InternalAddresses(
          internal?.unixSockets ?? false,
          internal === undefined ? undefined : ranges.value,
        ),
        appendXForwardedPort: config.appendXForwardedPort,
        schemeToSet: scheme?.case === "schemeToOverwrite" ? scheme.value : "",
        httpsPorts,
        httpPorts,
        localIp: worker.localInfo.address,
      },
      clientCert: clientCert.value,
      earlyHeaderMutations: early,
    },
  };
}

function compileDetections(
  config: Config,
  worker: WorkerContext,
  problems: Problem[],
): readonly AddressDetection[] {
  const extensions = config.originalIpDetectionExtensions;
  if (extensions.length === 0) return [new XffHopsDetection(config.xffNumTrustedHops, true)];
  const path = "original_ip_detection_extensions";
  const mixed =
    (config.useRemoteAddress ?? false)
      ? "use_remote_address"
      : config.xffNumTrustedHops > 0
        ? "xff_num_trusted_hops"
        : undefined;
  if (mixed !== undefined) {
    const message = `Original IP detection extensions and ${mixed} may not be mixed`;
    problems.push({ path, message, severity: "error" });
  }
  const take = gatherProblems(problems);
  return extensions.flatMap((extension, i) => {
    const at = `${path}[${i}]`;
    const found = take(
      resolveExtension("envoy.http.original_ip_detection", extension, at, worker.extensions),
    );
    return (found && take(found.factory.compile(found.message, `${at}.typed_config`))) ?? [];
  });
}

function compileEarlyMutations(
  config: Config,
  worker: WorkerContext,
  problems: Problem[],
): readonly EarlyHeaderMutation[] {
  const take = gatherProblems(problems);
  return config.earlyHeaderMutationExtensions.flatMap((extension, i) => {
    const at = `early_header_mutation_extensions[${i}]`;
    const found = take(
      resolveExtension("envoy.http.early_header_mutation", extension, at, worker.extensions),
    );
    return (found && take(found.factory.compile(found.message, `${at}.typed_config`))) ?? [];
  });
}
