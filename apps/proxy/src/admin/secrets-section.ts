import { redactSensitive, toProtoJson } from "@sluice/xds";
import {
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { Server } from "../server/server.ts";

type Section = Record<string, unknown>;

const STATIC_ORDER: readonly (Secret["type"]["case"] | undefined)[] = [
  "tlsCertificate",
  "validationContext",
  "sessionTicketKeys",
  "genericSecret",
];

/** envoy.admin.v3.SecretsConfigDump, without anything that is secret. */
export function secretsSection(server: Server, filter: (name: string) => boolean): Section {
  const { statics, dynamics } = server.secretManager;
  const ordered = STATIC_ORDER.flatMap((kind) => statics.filter(({ type }) => type.case === kind));
  const wanted = dynamics.filter(({ name }) => filter(name));
  const dump = (each: (typeof wanted)[number]): Section => ({
    name: each.name,
    ...(each.version === "" ? {} : { version_info: each.version }),
    last_updated: each.updatedAt.toISOString(),
    ...(each.published === undefined ? {} : { secret: shown(each.published) }),
  });
  return {
    "@type": "type.googleapis.com/envoy.admin.v3.SecretsConfigDump",
    static_secrets: ordered
      .filter(({ name }) => filter(name))
      .map((secret) => ({ name: secret.name, secret: shown(secret) })),
    dynamic_active_secrets: wanted.filter(({ published }) => published !== undefined).map(dump),
    dynamic_warming_secrets: wanted.filter(({ published }) => published === undefined).map(dump),
  };
}

function shown(secret: Secret): Section {
  const json = toProtoJson(SecretSchema, redactSensitive(SecretSchema, secret));
  return {
    "@type": `type.googleapis.com/${SecretSchema.typeName}`,
    ...(typeof json === "object" ? json : {}),
  };
}
