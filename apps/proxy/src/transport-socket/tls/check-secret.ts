import type { Problem } from "@sluice/extension-api";
import {
  type Secret,
  SecretSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import {
  refuseUnsupportedFields,
  type SupportedFields,
} from "../../config-message/refuse-unsupported-fields.ts";
import { PeerValidation } from "./peer-validation.ts";
import { ProblemSink } from "./problem-sink.ts";
import { checkTicketKeys } from "./ticket-keys.ts";
import { compileTlsCertificate } from "./tls-certificate.ts";

const TLS = "envoy.extensions.transport_sockets.tls.v3";

/** Beside what the TLS transport socket lists itself. */
const SECRET_FIELDS: SupportedFields = {
  [`${TLS}.Secret`]: [
    "name",
    "tls_certificate",
    "session_ticket_keys",
    "validation_context",
    "generic_secret",
  ],
  [`${TLS}.GenericSecret`]: ["secret", "secrets"],
};

/** Everything wrong with a secret whose files have been read; `tlsFields` as in `TLS_SUPPORTED_FIELDS`. */
export function checkSecret(secret: Secret, tlsFields: SupportedFields): readonly Problem[] {
  const unsupported = refuseUnsupportedFields(SecretSchema, secret, { ...tlsFields, ...SECRET_FIELDS });
  if (unsupported.length > 0) return unsupported;
  const sink = new ProblemSink("");
  switch (secret.type.case) {
    case "tlsCertificate":
      compileTlsCertificate(secret.type.value, sink.at("tls_certificate"));
      break;
    case "validationContext":
      new PeerValidation(secret.type.value, sink.at("validation_context"), "partial");
      break;
    case "sessionTicketKeys":
      checkTicketKeys(secret.type.value, sink.at("session_ticket_keys"));
      break;
    case "genericSecret":
      break;
    default:
      sink.add("a secret needs a type");
  }
  return sink.problems;
}
