import type { ConnectionInfo, TlsInfo } from "@sluice/extension-api";

/** A connection as one of its streams sees it: with the client that this request came from. */
export class StreamConnectionInfo implements ConnectionInfo {
  readonly remoteAddress: string;
  private readonly connection: ConnectionInfo;

  constructor(connection: ConnectionInfo, remoteAddress: string) {
    this.connection = connection;
    this.remoteAddress = remoteAddress;
  }

  get id(): number {
    return this.connection.id;
  }
  get directRemoteAddress(): string {
    return this.connection.directRemoteAddress;
  }
  get localAddress(): string {
    return this.connection.localAddress;
  }
  get requestedServerName(): string | undefined {
    return this.connection.requestedServerName;
  }
  get proxyTlvs(): ConnectionInfo["proxyTlvs"] {
    return this.connection.proxyTlvs;
  }
  get tls(): TlsInfo | undefined {
    return this.connection.tls;
  }
}
