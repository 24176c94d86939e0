import { toJsonString } from "@bufbuild/protobuf";
import { ConfigSourceSchema } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type {
  SdsSecretConfig,
  Secret,
} from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";

/** What a thread knows of secrets. Nothing of it is ever logged. */
export interface SecretLookup {
  /** Random bytes of this process, the same in all its workers: session tickets are made under keys derived from it. */
  readonly ticketSeed: Uint8Array;
  /** By `secretKey`; undefined until it has arrived. Data sources in it are inline, files having been read on the main thread. */
  get(key: string): Secret | undefined;
  /** `onChange` runs after each change of the secret. Answers how to end that. */
  subscribe(key: string, onChange: () => void): () => void;
}

/** What tells secrets apart: the name, and where it comes from (nowhere: the bootstrap's static secrets). */
export function secretKey(config: SdsSecretConfig): string {
  const source = config.sdsConfig === undefined ? "" : toJsonString(ConfigSourceSchema, config.sdsConfig);
  return `${config.name} ${source}`;
}

/** The key of a static secret of the bootstrap. */
export const staticSecretKey = (name: string): string => `${name} `;

/** Where there are none. */
export const NO_SECRETS: SecretLookup = {
  ticketSeed: new Uint8Array(0),
  get: () => undefined,
  subscribe: () => () => {},
};
