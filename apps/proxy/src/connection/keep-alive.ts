import type { Socket } from "node:net";
import type { TcpKeepalive } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";

/** `TcpKeepalive`; undefined: the operating system's. Plain data, so that it can cross threads. */
export interface KeepaliveConfig {
  readonly timeSeconds: number | undefined;
  readonly intervalSeconds: number | undefined;
  readonly probes: number | undefined;
}

export function compileKeepalive(given: TcpKeepalive | undefined): KeepaliveConfig | undefined {
  if (given === undefined) return undefined;
  const { keepaliveTime, keepaliveInterval, keepaliveProbes } = given;
  return { timeSeconds: keepaliveTime, intervalSeconds: keepaliveInterval, probes: keepaliveProbes };
}

/** Of a connection that stands. */
export function keepAlive(socket: Socket, { timeSeconds, intervalSeconds, probes }: KeepaliveConfig): void {
  const ms = (seconds: number | undefined): number | undefined =>
    seconds === undefined ? undefined : seconds * 1000;
  socket.setKeepAlive({
    enable: true,
    initialDelay: ms(timeSeconds) ?? 0,
    interval: ms(intervalSeconds),
    count: probes,
  });
}
