import { type Compiled, type ConnectionInfo, type Problem, refuse } from "@sluice/extension-api";
import { ProxyProtocolConfig_Version } from "@sluice/xds/gen/envoy/config/core/v3/proxy_protocol_pb.js";
import type { RouteAction_UpgradeConfig as UpgradeConfig } from "@sluice/xds/gen/envoy/config/route/v3/route_components_pb.js";
import { proxyHeaderV1, proxyHeaderV2 } from "../transport-socket/proxy-header.ts";

type DownstreamAddresses = Pick<ConnectionInfo, "localAddress" | "remoteAddress">;

/** What the raw connection begins with, if anything; `downstream`: the client's. */
export type Preamble = (downstream: DownstreamAddresses | undefined) => Uint8Array | undefined;

/** `connect_config`: CONNECT ends here, what follows goes on as raw TCP. */
export interface ConnectConfig {
  /** POST is taken for CONNECT. */
  readonly allowsPost: boolean;
  /** The PROXY header that tells the upstream of the client. */
  readonly preamble: Preamble | undefined;
}

/** Which upgrades a route allows or refuses, by type in lower case; of the others the connection manager decides. */
export function compileUpgrades(
  configs: readonly UpgradeConfig[],
  path: string,
): Compiled<ReadonlyMap<string, boolean>> {
  const upgrades = new Map<string, boolean>();
  const problems: Problem[] = [];
  for (const [i, { upgradeType, enabled }] of configs.entries()) {
    const type = upgradeType.toLowerCase();
    if (upgrades.has(type)) {
      const message = `Duplicate upgrade ${upgradeType}`;
      problems.push({ path: `${path}[${i}].upgrade_type`, message, severity: "error" });
    }
    upgrades.set(type, enabled ?? true);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: upgrades };
}

/** Of the one `upgrade_configs` entry for CONNECT that has it. */
export function compileConnectConfig(
  upgrades: readonly UpgradeConfig[],
  path: string,
): Compiled<ConnectConfig | undefined> {
  for (const [i, { upgradeType, connectConfig }] of upgrades.entries()) {
    if (connectConfig === undefined) continue;
    const at = `${path}[${i}].connect_config`;
    const type = upgradeType.toLowerCase();
    if (type !== "connect") {
      const message =
        type === "connect-udp"
          ? "datagrams are not sent on as UDP: ending CONNECT-UDP here is not implemented"
          : `Non-CONNECT upgrade type ${upgradeType} has ConnectConfig`;
      return refuse(at, message);
    }
    const { proxyProtocolConfig: proxy, allowPost } = connectConfig;
    const version2 = proxy?.version === ProxyProtocolConfig_Version.V2;
    return {
      ok: true,
      value: {
        allowsPost: allowPost,
        preamble: proxy === undefined ? undefined : (downstream) => proxyHeader(downstream, version2),
      },
    };
  }
  return { ok: true, value: undefined };
}

function proxyHeader(downstream: DownstreamAddresses | undefined, version2: boolean): Uint8Array | undefined {
  if (downstream === undefined) return undefined;
  const { remoteAddress, localAddress } = downstream;
  const addresses = { source: remoteAddress, destination: localAddress };
  return version2 ? proxyHeaderV2(addresses, []) : proxyHeaderV1(addresses);
}
