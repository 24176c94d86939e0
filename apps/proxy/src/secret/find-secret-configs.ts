import type { DescMessage, Message } from "@bufbuild/protobuf";
import {
  type SdsSecretConfig,
  SdsSecretConfigSchema,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import { findMessages } from "../config-message/find-messages.ts";

export interface FoundSecretConfig {
  readonly path: string;
  readonly config: SdsSecretConfig;
}

/** Every secret that a resource refers to, in extensions' configurations too. */
export function findSecretConfigs(schema: DescMessage, message: Message): readonly FoundSecretConfig[] {
  return findMessages(schema, message, SdsSecretConfigSchema).map(({ path, message: config }) => ({
    path,
    config,
  }));
}
