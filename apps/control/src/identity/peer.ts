import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { certificateIdentity } from "@sluice/join/certificates";
import type { AuthenticatedNode } from "@sluice/xds";

/** Who is at the other end of a connection, as far as the connection itself tells. */
export type Peer =
  | { readonly kind: "plain"; readonly address: string; readonly loopback: boolean }
  /** TLS without a client certificate. */
  | { readonly kind: "anonymous"; readonly address: string }
  /** A certificate that counts for nothing here. */
  | { readonly kind: "untrusted"; readonly address: string; readonly reason: string }
  | {
      readonly kind: "node";
      readonly address: string;
      readonly node: AuthenticatedNode;
      readonly notAfter: Date;
    };

/** The part of a socket that is asked; HTTP/2 hands out proxies of sockets, which `instanceof` does not know. */
type AnySocket = Pick<Socket, "remoteAddress" | "remotePort"> &
  Partial<Pick<TLSSocket, "encrypted" | "authorized" | "getPeerX509Certificate">> & {
    readonly authorizationError?: unknown;
  };

export function readPeer(socket: AnySocket): Peer {
  const { remoteAddress = "", remotePort = 0 } = socket;
  const address = `${remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress}:${remotePort}`;
  if (socket.encrypted !== true) return { kind: "plain", address, loopback: isLoopback(remoteAddress) };
  const certificate = socket.getPeerX509Certificate?.();
  if (certificate === undefined) return { kind: "anonymous", address };
  const identity = certificateIdentity(certificate.raw);
  if (socket.authorized !== true) {
    const until = identity?.notAfter.toISOString() ?? "";
    return { kind: "untrusted", address, reason: reasonOf(String(socket.authorizationError), until) };
  }
  if (identity === undefined)
    return { kind: "untrusted", address, reason: "the client certificate is not a node's" };
  const { nodeId, labels, serial, notAfter } = identity;
  return { kind: "node", address, node: { id: nodeId, labels, certificate: serial }, notAfter };
}

export function isLoopback(address: string): boolean {
  const plain = address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
  return plain === "::1" || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

function reasonOf(code: string, until: string): string {
  if (code === "CERT_HAS_EXPIRED")
    return `the client certificate has expired at ${until}: join again with a new token`;
  if (code === "CERT_NOT_YET_VALID") return "the client certificate is not valid yet: do the clocks agree?";
  return `the client certificate is not of this control plane's authority (${code})`;
}
