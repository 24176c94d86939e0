import { connect, type NetConnectOpts, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type PeerCertificate } from "node:tls";
import type { ClusterConfig, UpstreamTlsConfig } from "./cluster-config.ts";
import type { Host } from "./thread-local-cluster.ts";

/** How a cluster's connections are opened: raw or TLS, with the cluster's socket options. */
export function createConnector(config: ClusterConfig): (host: Host) => Socket {
  const keepAlive =
    config.tcpKeepaliveSeconds === undefined
      ? {}
      : { keepAlive: true, keepAliveInitialDelay: config.tcpKeepaliveSeconds * 1000 };
  const { tls } = config;
  if (tls === undefined) return (host) => connect({ ...target(host), noDelay: true, ...keepAlive });
  const options = upstreamTlsOptions(tls);
  return (host) => connectTls({ ...target(host), ...options, ...keepAlive });
}

function target(host: Host): NetConnectOpts {
  return "path" in host.connectTo
    ? { path: host.connectTo.path }
    : { host: host.connectTo.host, port: host.connectTo.port };
}

/** Options of node:tls for a cluster; also for the proxy's own gRPC clients. */
export function upstreamTlsOptions(tls: UpstreamTlsConfig): ConnectionOptions {
  return {
    ...(tls.sni === "" ? {} : { servername: tls.sni }),
    ...(tls.alpn.length === 0 ? {} : { ALPNProtocols: [...tls.alpn] }),
    ...(tls.trustedCa === undefined ? {} : { ca: tls.trustedCa }),
    ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
    ...(tls.privateKey === undefined ? {} : { key: tls.privateKey }),
    minVersion: tls.minVersion,
    maxVersion: tls.maxVersion,
    // As Envoy: without a trusted CA nothing is verified; names are verified only where the configuration lists them.
    rejectUnauthorized: tls.trustedCa !== undefined,
    checkServerIdentity: (_hostname, certificate) => checkNames(tls, certificate),
  };
}

function checkNames(tls: UpstreamTlsConfig, certificate: PeerCertificate): Error | undefined {
  if (tls.subjectAltNames.length === 0) return undefined;
  const names = (certificate.subjectaltname ?? "")
    .split(", ")
    .map((entry) => entry.slice(entry.indexOf(":") + 1));
  const matches = names.some((name) =>
    tls.subjectAltNames.some(
      ({ kind, value }) =>
        (kind === "exact" && name === value) ||
        (kind === "prefix" && name.startsWith(value)) ||
        (kind === "suffix" && name.endsWith(value)) ||
        (kind === "contains" && name.includes(value)),
    ),
  );
  return matches
    ? undefined
    : new Error(`the certificate has no expected subject alternative name (it has: ${names.join(", ")})`);
}
