import type { StreamInfo } from "@sluice/extension-api";

/** Where Envoy keeps it. */
const KEY = "envoy.router.original_connect_port";

class OriginalConnectPort {
  readonly port: number;

  constructor(port: number) {
    this.port = port;
  }
}

/** The port that was stripped of a CONNECT's authority, whose upstream is to have it all the same. */
export function keepConnectPort({ filterState }: StreamInfo, port: number): void {
  filterState.set(KEY, new OriginalConnectPort(port));
}

export function keptConnectPort({ filterState }: StreamInfo): number | undefined {
  const kept = filterState.get(KEY);
  return kept instanceof OriginalConnectPort ? kept.port : undefined;
}
