import type { ConnectionInfo, WatermarkCallbacks } from "@sluice/extension-api";
import type { Host } from "../cluster/thread-local-cluster.ts";

export type ConnectFailure = "overflow" | "remote" | "timeout";

/** Told once how connecting ended, then of what comes, then once of the end (unless it ended itself). */
export interface TcpUpstreamOwner extends WatermarkCallbacks {
  /** `connection`: undefined for a tunnel, whose connection may be for others as well. */
  onUpstreamConnected(localAddress: string, connection?: ConnectionInfo): void;
  /** `failure`: what the transport, or what took the place of it, had to say; "" for nothing. */
  onUpstreamConnectFailed(failure: ConnectFailure, transportFailure: string): void;
  onUpstreamData(chunk: Uint8Array, endStream: boolean): void;
  /** Both ways are over. `reset`: the host broke it off. */
  onUpstreamClosed(reset: boolean): void;
}

/** What carries a downstream connection's bytes to a host and back: a connection of its own, or a tunnel through HTTP. */
export interface TcpUpstream {
  readonly host: Host;
  /** Its reading may be paused: it is neither closing nor closed. */
  readonly open: boolean;
  /** What waits to be taken by the kernel (or, in a tunnel, is not this side's to count: 0). */
  readonly bufferedBytes: number;
  /** What the kernel has taken. */
  readonly takenBytes: number;
  write(chunk: Uint8Array, endStream: boolean): void;
  /** Counted by the cluster's `upstream_flow_control_…`. */
  pauseReading(pause: boolean): void;
  /** Ends it, also while it connects; its owner hears no more. */
  abandon(how: "noFlush" | "abort"): void;
  /** What is queued still goes; `owner` takes the place of the first one. False when nothing is left to go. */
  flushAndClose(owner: TcpUpstreamOwner): boolean;
}
