import {
  type NetworkFilterFactory,
  NetworkFilterStatus,
  type ReadFilter,
  type ReadFilterCallbacks,
} from "@sluice/extension-api";
import type { Config } from "@sluice/xds/gen/envoy/extensions/filters/network/direct_response/v3/config_pb.js";
import { readDataSource } from "../../../../config-message/read-data-source.ts";

const RESPONSE_BYTES_MAX = 16 * 1024 * 1024;

class DirectResponseFilter implements ReadFilter {
  private readonly response: Buffer;
  private callbacks: ReadFilterCallbacks | undefined = undefined;

  constructor(response: Buffer) {
    this.response = response;
  }

  initializeReadFilterCallbacks(callbacks: ReadFilterCallbacks): void {
    this.callbacks = callbacks;
    callbacks.connection.enableHalfClose();
  }

  onNewConnection(): NetworkFilterStatus {
    const { callbacks } = this;
    if (callbacks === undefined) return NetworkFilterStatus.StopIteration;
    callbacks.streamInfo.responseCodeDetails = "direct_response";
    if (this.response.length > 0) callbacks.connection.write(this.response, true);
    callbacks.connection.close("flush", "response sent");
    return NetworkFilterStatus.StopIteration;
  }

  onData(): NetworkFilterStatus {
    return NetworkFilterStatus.Continue;
  }

  onDestroy(): void {
    this.callbacks = undefined;
  }
}

export const directResponseFactory: NetworkFilterFactory<Buffer> = {
  terminal: true,
  compile: (config) => readDataSource(asConfig(config).response, "response", RESPONSE_BYTES_MAX),
  create: (response) => new DirectResponseFilter(response),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): Config {
  return message as Config;
}
