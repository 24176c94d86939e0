import { type Compiled, refuse } from "@sluice/extension-api";
import type { XffConfig } from "@sluice/xds/gen/envoy/extensions/http/original_ip_detection/xff/v3/xff_pb.js";
import { compileCidrs } from "../../../../http/compile-cidrs.ts";
import type { AddressDetectionFactory } from "../../../../http-connection-manager/address-detection-factory.ts";
import {
  type AddressDetection,
  XffHopsDetection,
  XffTrustedCidrsDetection,
} from "../../../../http-connection-manager/client-address.ts";

function compile(config: XffConfig, path: string): Compiled<AddressDetection> {
  const skip = config.skipXffAppend ?? true;
  if (config.xffTrustedCidrs === undefined) {
    return { ok: true, value: new XffHopsDetection(config.xffNumTrustedHops, skip) };
  }
  if (config.xffNumTrustedHops > 0) {
    const message = "cannot set both xff_num_trusted_hops and xff_trusted_cidrs";
    return refuse(path, message);
  }
  const cidrs = compileCidrs(config.xffTrustedCidrs.cidrs, `${path}.xff_trusted_cidrs.cidrs`);
  return cidrs.ok ? { ok: true, value: new XffTrustedCidrsDetection(cidrs.value, skip) } : cidrs;
}

export const xffDetectionFactory: AddressDetectionFactory = {
  compile: (message, path) => compile(asConfig(message), path),
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): XffConfig {
  return message as XffConfig;
}
