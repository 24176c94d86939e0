import type { Message } from "@bufbuild/protobuf";
import type { Compiled, Problem } from "@sluice/extension-api";
import { unpackAny } from "@sluice/xds/any";
import type { TypedExtensionConfig } from "@sluice/xds/gen/envoy/config/core/v3/extension_pb.js";
import type { StaticConfigResourceDetectorConfig } from "@sluice/xds/gen/envoy/extensions/tracers/opentelemetry/resource_detectors/v3/static_config_resource_detector_pb.js";

/** Attributes of what sends telemetry. */
export type ResourceAttributes = Readonly<Record<string, string>>;

/** Who makes spans and metrics. */
export const SCOPE_NAME = "sluice";
export const sdkAttributes = (version: string): ResourceAttributes => ({
  "telemetry.sdk.language": "nodejs",
  "telemetry.sdk.name": SCOPE_NAME,
  "telemetry.sdk.version": version,
});

const PACKAGE = "envoy.extensions.tracers.opentelemetry.resource_detectors.v3";
const VARIABLE = "OTEL_RESOURCE_ATTRIBUTES";

/** OpenTelemetry's resource detectors under Envoy's names: by environment and by configuration. Later ones win. */
export function detectResource(
  detectors: readonly TypedExtensionConfig[],
  path: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Compiled<ResourceAttributes> {
  const problems: Problem[] = [];
  const found: Record<string, string> = {};
  for (const [index, detector] of detectors.entries()) {
    const refuse = (message: string): unknown =>
      problems.push({ path: `${path}[${index}]`, message, severity: "error" });
    const unpacked = detector.typedConfig === undefined ? undefined : unpackAny(detector.typedConfig);
    if (unpacked === undefined) refuse(`${detector.name} needs a typed_config`);
    else if (!unpacked.ok) refuse(unpacked.message);
    else if (unpacked.typeName === `${PACKAGE}.EnvironmentResourceDetectorConfig`)
      Object.assign(
        found,
        attributesOf(environment[VARIABLE] ?? "", (message) => refuse(message)),
      );
    else if (unpacked.typeName === `${PACKAGE}.StaticConfigResourceDetectorConfig`)
      Object.assign(found, asStatic(unpacked.message).attributes);
    else refuse(`resource detector ${unpacked.typeName} is not implemented`);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: found };
}

/** `key=value,key=value`, as the environment variable has it. */
function attributesOf(text: string, refuse: (message: string) => void): Record<string, string> {
  const found: Record<string, string> = {};
  for (const pair of text.split(",").filter((each) => each !== "")) {
    const at = pair.indexOf("=");
    if (at < 0) refuse(`the environment variable ${VARIABLE} has a part without a value: '${pair}'`);
    else found[pair.slice(0, at).trim()] = pair.slice(at + 1).trim();
  }
  return found;
}

/** The caller has compared the type's name. */
function asStatic(message: Message): StaticConfigResourceDetectorConfig {
  return message as StaticConfigResourceDetectorConfig;
}
