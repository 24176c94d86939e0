import {
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from "@sluice/extension-api";

/** Names the cluster that the TCP proxy behind it connects to. */
class SniClusterFilter implements ReadFilter {
  private callbacks: ReadFilterCallbacks | undefined = undefined;

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
  }

  onNewConnection(): NetworkFilterStatus {
    const name = this.callbacks?.connection.requestedServerName;
    if (name !== undefined && name !== "")
      this.callbacks?.streamInfo.filterState.set("envoy.tcp_proxy.cluster", name);
    return NetworkFilterStatus.Continue;
  }

  onData(): NetworkFilterStatus {
    return NetworkFilterStatus.Continue;
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }
}

export const sniClusterFactory: NetworkFilterFactory = {
  terminal: false,
  compile: () => ({ ok: true, value: undefined }),
  create: () => new SniClusterFilter(),
};
