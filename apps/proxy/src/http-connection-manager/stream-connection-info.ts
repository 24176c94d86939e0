import type { ConnectionInfo } from "@sluice/extension-api";

/** Nothing of a connection is left out by mistake. */
type WholeConnectionInfo = { readonly [Name in keyof Required<ConnectionInfo>]: ConnectionInfo[Name] };

/** A connection as one of its streams sees it: with the client that this request came from. */
export class StreamConnectionInfo implements WholeConnectionInfo {
  readonly remoteAddress: string;
  private readonly connection: ConnectionInfo;

  constructor(connection: ConnectionInfo, remoteAddress: string) {
    this.connection = connection;
    this.remoteAddress = remoteAddress;
  }

  get id(): ConnectionInfo["id"] {
    return this.connection.id;
  }
  get directRemoteAddress(): ConnectionInfo["directRemoteAddress"] {
    return this.connection.directRemoteAddress;
  }
  get localAddress(): ConnectionInfo["localAddress"] {
    return this.connection.localAddress;
  }
  get directLocalAddress(): ConnectionInfo["directLocalAddress"] {
    return this.connection.directLocalAddress;
  }
  get requestedServerName(): ConnectionInfo["requestedServerName"] {
    return this.connection.requestedServerName;
  }
  get tls(): ConnectionInfo["tls"] {
    return this.connection.tls;
  }
  get transportFailureReason(): ConnectionInfo["transportFailureReason"] {
    return this.connection.transportFailureReason;
  }
  get filterChainName(): ConnectionInfo["filterChainName"] {
    return this.connection.filterChainName;
  }
  get listenerMetadata(): ConnectionInfo["listenerMetadata"] {
    return this.connection.listenerMetadata;
  }
  get filterChainMetadata(): ConnectionInfo["filterChainMetadata"] {
    return this.connection.filterChainMetadata;
  }
  get listenerDirection(): ConnectionInfo["listenerDirection"] {
    return this.connection.listenerDirection;
  }
  get proxyTlvs(): ConnectionInfo["proxyTlvs"] {
    return this.connection.proxyTlvs;
  }
  get filterState(): ConnectionInfo["filterState"] {
    return this.connection.filterState;
  }
  get ja3(): ConnectionInfo["ja3"] {
    return this.connection.ja3;
  }
  get ja4(): ConnectionInfo["ja4"] {
    return this.connection.ja4;
  }
  get sessionId(): ConnectionInfo["sessionId"] {
    return this.connection.sessionId;
  }
  get begunAtMs(): ConnectionInfo["begunAtMs"] {
    return this.connection.begunAtMs;
  }
  get connectedAtMs(): ConnectionInfo["connectedAtMs"] {
    return this.connection.connectedAtMs;
  }
  get securedAtMs(): ConnectionInfo["securedAtMs"] {
    return this.connection.securedAtMs;
  }
  get detectedCloseType(): ConnectionInfo["detectedCloseType"] {
    return this.connection.detectedCloseType;
  }
  get localCloseReason(): ConnectionInfo["localCloseReason"] {
    return this.connection.localCloseReason;
  }
}
