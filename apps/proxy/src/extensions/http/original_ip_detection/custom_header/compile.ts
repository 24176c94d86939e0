import type { CustomHeaderConfig } from "@sluice/xds/gen/envoy/extensions/http/original_ip_detection/custom_header/v3/custom_header_pb.js";
import type { AddressDetectionFactory } from "../../../../http-connection-manager/address-detection-factory.ts";
import { CustomHeaderDetection } from "../../../../http-connection-manager/client-address.ts";

/** What takes the place of a status that is no error. */
const FORBIDDEN = 403;

export const customHeaderDetectionFactory: AddressDetectionFactory = {
  compile: (message) => {
    const config = asConfig(message);
    const code = config.rejectWithStatus?.code;
    const status = code === undefined ? undefined : code >= 400 && code < 600 ? code : FORBIDDEN;
    return {
      ok: true,
      value: new CustomHeaderDetection(config.headerName, config.allowExtensionToSetAddressAsTrusted, status),
    };
  },
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): CustomHeaderConfig {
  return message as CustomHeaderConfig;
}
