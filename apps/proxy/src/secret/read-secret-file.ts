import { readFileSync } from "node:fs";
import { checkYaml, unpackAny } from "@sluice/xds";
import {
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { DiscoveryResponseSchema } from "@sluice/xds/gen/envoy/service/discovery/v3/discovery_pb.js";

/** `update_rejected`: it can be read, but does not hold the secret. */
export type SecretFile =
  | { readonly secret: Secret; readonly version: string }
  | { readonly problem: string; readonly outcome: "update_failure" | "update_rejected" };

/** What a file holds, or the reason why that cannot be read. */
export function readText(path: string): { readonly text: string; readonly problem?: string } {
  try {
    return { text: readFileSync(path, "utf8") };
  } catch (error) {
    return { text: "", problem: error instanceof Error ? error.message : String(error) };
  }
}

/** The secret of that name in a file's text, a DiscoveryResponse in YAML or JSON. */
export function readSecretFile(path: string, text: string, name: string): SecretFile {
  const parsed = checkYaml(text, DiscoveryResponseSchema, { file: path });
  const errors = parsed.problems.filter(({ severity }) => severity === "error");
  if (parsed.message === undefined || errors.length > 0)
    return {
      problem: `${path}: ${errors.map((each) => `${each.path}: ${each.message}`).join("; ")}`,
      outcome: "update_failure",
    };
  for (const any of parsed.message.resources) {
    const unpacked = unpackAny(any);
    if (!unpacked.ok || unpacked.typeName !== SecretSchema.typeName) continue;
    const secret = asSecret(unpacked.message);
    if (secret.name === name) return { secret, version: parsed.message.versionInfo };
  }
  return { problem: `${path} holds no secret '${name}'`, outcome: "update_rejected" };
}

/** The caller has compared the type's name. */
function asSecret(message: unknown): Secret {
  return message as Secret;
}
