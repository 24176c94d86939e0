import {
  PreserveCaseFormatterConfig_FormatterTypeOnEnvoyHeaders as OnEnvoyHeaders,
  type PreserveCaseFormatterConfig,
} from "@sluice/xds/gen/envoy/extensions/http/header_formatters/preserve_case/v3/preserve_case_pb.js";
import type { HeaderFormatterFactory } from "../../../../http/h1/header-formatter.ts";

export const preserveCaseFactory: HeaderFormatterFactory = {
  compile: (message) => {
    const config = asConfig(message);
    return {
      kind: "preserve",
      forwardReasonPhrase: config.forwardReasonPhrase,
      othersProper: config.formatterTypeOnEnvoyHeaders === OnEnvoyHeaders.PROPER_CASE,
    };
  },
};

/** The registry hands a factory only messages of its `configTypes`. */
function asConfig(message: unknown): PreserveCaseFormatterConfig {
  return message as PreserveCaseFormatterConfig;
}
