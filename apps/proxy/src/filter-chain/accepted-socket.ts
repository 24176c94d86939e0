import type { Socket } from "node:net";
import type { AcceptedConnection } from "@sluice/extension-api";
import type { ConnectionFacts } from "@sluice/matching";
import { ipOf, socketAddressText } from "../connection/socket-address.ts";
import type { RequestStreamInfo } from "../stream-info/request-stream-info.ts";

/** An accepted socket before a filter chain is chosen; listener filters set what they find out. */
export class AcceptedSocket implements AcceptedConnection {
  readonly socket: Socket;
  readonly directRemoteAddress: string;
  remoteAddress: string;
  localAddress: string;
  readonly directLocalAddress: string;
  requestedServerName: string | undefined = undefined;
  /** `raw_buffer` or `tls`, as detected. */
  transportProtocol = "raw_buffer";
  applicationProtocols: readonly string[] = [];
  ja3: string | undefined = undefined;
  ja4: string | undefined = undefined;
  transportFailureReason: string | undefined = undefined;
  /** The connection's, where listener filters ran. */
  streamInfo: RequestStreamInfo | undefined = undefined;
  /** When it found its chain; undefined: it has none. */
  begunAtMs: number | undefined = undefined;
  /** It is counted until its socket closes; otherwise until the connection made of it does. */
  endsWithSocket = false;

  constructor(socket: Socket) {
    this.socket = socket;
    this.directRemoteAddress = socketAddressText(socket.remoteAddress, socket.remotePort);
    this.remoteAddress = this.directRemoteAddress;
    this.directLocalAddress = socketAddressText(socket.localAddress, socket.localPort);
    this.localAddress = this.directLocalAddress;
  }

  /** What filter chains match on. */
  facts(): ConnectionFacts {
    return {
      destinationIp: ipOf(this.localAddress),
      destinationPort: portOf(this.localAddress),
      serverName: this.requestedServerName ?? "",
      transportProtocol: this.transportProtocol,
      applicationProtocols: this.applicationProtocols,
      directSourceIp: ipOf(this.directRemoteAddress),
      sourceIp: ipOf(this.remoteAddress),
      sourcePort: portOf(this.remoteAddress),
    };
  }
}

const portOf = (text: string): number => Number(text.slice(text.lastIndexOf(":") + 1));
