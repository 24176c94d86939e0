import {
  type Counter,
  FilterHeadersStatus,
  type HttpFilterFactory,
  PassThroughFilter,
} from "@sluice/extension-api";
import type { Config } from "@sluice/xds/gen/envoy/extensions/filters/http/set_metadata/v3/set_metadata_pb.js";
import { mergeMetadata } from "./merge-metadata.ts";
import { createSetMetadataStats } from "./stats.ts";

interface Entry {
  readonly namespace: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly allowOverwrite: boolean;
}

interface SetMetadataConfig {
  /** The deprecated pair of fields: merged into what is there. */
  readonly merged: Entry | undefined;
  readonly entries: readonly Entry[];
  readonly overwriteDenied: Counter;
}

class SetMetadataFilter extends PassThroughFilter {
  private readonly config: SetMetadataConfig;

  constructor(config: SetMetadataConfig) {
    super();
    this.config = config;
  }

  override decodeHeaders(): FilterHeadersStatus {
    const { merged, entries, overwriteDenied } = this.config;
    const { streamInfo } = this.decoding;
    if (merged !== undefined) this.merge(merged);
    for (const entry of entries) {
      if (entry.allowOverwrite) this.merge(entry);
      else if (streamInfo.getDynamicMetadata(entry.namespace) !== undefined) overwriteDenied.inc();
      else streamInfo.setDynamicMetadata(entry.namespace, { ...entry.value });
    }
    return FilterHeadersStatus.Continue;
  }

  private merge({ namespace, value }: Entry): void {
    const { streamInfo } = this.decoding;
    streamInfo.setDynamicMetadata(
      namespace,
      mergeMetadata(streamInfo.getDynamicMetadata(namespace) ?? {}, value),
    );
  }
}

export const setMetadataFactory: HttpFilterFactory<SetMetadataConfig> = {
  terminal: false,
  compile: (message, context) => {
    const config = asConfig(message);
    return {
      ok: true,
      value: Object.freeze({
        merged:
          config.metadataNamespace === "" || config.value === undefined
            ? undefined
            : { namespace: config.metadataNamespace, value: config.value, allowOverwrite: true },
        // As in Envoy an entry without a value does nothing.
        entries: config.metadata.flatMap(({ metadataNamespace, value, allowOverwrite }) =>
          value === undefined ? [] : [{ namespace: metadataNamespace, value, allowOverwrite }],
        ),
        overwriteDenied: createSetMetadataStats(context.stats).overwriteDenied,
      }),
    };
  },
  create: (config) => new SetMetadataFilter(config),
};

/** The registry hands a factory only messages of its types. */
function asConfig(message: unknown): Config {
  return message as Config;
}
