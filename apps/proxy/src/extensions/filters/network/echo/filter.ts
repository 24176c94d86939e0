import {
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
  type WatermarkCallbacks,
} from "@sluice/extension-api";

/** Writes back what it reads; reads on only as fast as the peer takes it back. */
class EchoFilter implements ReadFilter, WatermarkCallbacks {
  private callbacks: ReadFilterCallbacks | undefined = undefined;

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
    callbacks.connection.addWatermarkCallbacks(this);
  }

  onNewConnection(): NetworkFilterStatus {
    return NetworkFilterStatus.Continue;
  }

  onData(chunk: Uint8Array, endStream: boolean): NetworkFilterStatus {
    this.callbacks?.connection.write(chunk, endStream);
    return NetworkFilterStatus.StopIteration;
  }

  onAboveHighWatermark(): void {
    this.callbacks?.connection.readDisable(true);
  }

  onBelowLowWatermark(): void {
    this.callbacks?.connection.readDisable(false);
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }
}

export const echoFactory: NetworkFilterFactory = {
  terminal: true,
  compile: () => ({ ok: true, value: undefined }),
  create: () => new EchoFilter(),
};
