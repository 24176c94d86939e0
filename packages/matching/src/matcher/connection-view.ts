import type { ConnectionView } from "./matching-data.ts";

/** What is known of a connection, addresses as `ip:port`, `[v6]:port` or a path; `ConnectionInfo` of the extension API is one. */
export interface ConnectionAddresses {
  readonly localAddress: string;
  readonly remoteAddress: string;
  readonly directRemoteAddress: string;
  readonly requestedServerName: string | undefined;
  readonly tls:
    | {
        readonly alpn: string | undefined;
        readonly uriSanPeer: readonly string[];
        readonly dnsSanPeer: readonly string[];
        readonly subjectPeer: string | undefined;
      }
    | undefined;
}

/** `ip:port` in two; `undefined` for a pipe. A v6 address loses its brackets. */
export function splitAddress(address: string): { readonly ip: string; readonly port: number } | undefined {
  const parts = /^(?:\[([^\]]+)\]|([0-9.]+)):(\d{1,5})$/.exec(address);
  const ip = parts?.[1] ?? parts?.[2];
  return ip === undefined ? undefined : { ip, port: Number(parts?.[3]) };
}

/** A connection's facts for matchers; addresses are taken apart when they are first asked for. */
export class ConnectionMatchView implements ConnectionView {
  private readonly info: ConnectionAddresses;

  constructor(info: ConnectionAddresses) {
    this.info = info;
  }

  get destinationIp(): string | undefined {
    return splitAddress(this.info.localAddress)?.ip;
  }
  get destinationPort(): number | undefined {
    return splitAddress(this.info.localAddress)?.port;
  }
  get sourceIp(): string | undefined {
    return splitAddress(this.info.remoteAddress)?.ip;
  }
  get sourcePort(): number | undefined {
    return splitAddress(this.info.remoteAddress)?.port;
  }
  get directSourceIp(): string | undefined {
    return splitAddress(this.info.directRemoteAddress)?.ip;
  }
  get serverName(): string {
    return this.info.requestedServerName ?? "";
  }
  get transportProtocol(): string {
    return this.info.tls === undefined ? "raw_buffer" : "tls";
  }
  get applicationProtocols(): readonly string[] {
    const alpn = this.info.tls?.alpn;
    return alpn === undefined ? [] : [alpn];
  }
  get uriSanPeer(): readonly string[] {
    return this.info.tls?.uriSanPeer ?? [];
  }
  get dnsSanPeer(): readonly string[] {
    return this.info.tls?.dnsSanPeer ?? [];
  }
  get subjectPeer(): string {
    return this.info.tls?.subjectPeer ?? "";
  }
}
