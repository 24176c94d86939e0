import {
  type Compiled,
  FilterHeadersStatus,
  type HttpFilterFactory,
  PassThroughFilter,
  ResponseFlag,
} from "@sluice/extension-api";
import type { HttpFilterConfig } from "./filter-chain-config.ts";

/** What ECDS has for a filter now; undefined: nothing, and there is no default. */
export interface DiscoveredFilterConfig {
  current: HttpFilterConfig | undefined;
}

/** Stands for a filter that has no configuration yet: every request ends here. */
class MissingFilter extends PassThroughFilter {
  override decodeHeaders(): FilterHeadersStatus {
    const { decoding } = this;
    decoding.streamInfo.setResponseFlag(ResponseFlag.NoFilterConfigFound);
    decoding.sendLocalReply(500, "", "");
    return FilterHeadersStatus.StopIteration;
  }
}

/** A filter whose configuration may change under way: each stream gets the one that holds when it begins. */
export class DiscoveredFilterFactory implements HttpFilterFactory {
  readonly terminal: boolean;

  constructor(terminal: boolean) {
    this.terminal = terminal;
  }

  compile(): Compiled<unknown> {
    return { ok: false, problems: [] };
  }

  create(config: unknown): ReturnType<HttpFilterFactory["create"]> {
    const { current } = asDiscovered(config);
    return current === undefined ? new MissingFilter() : current.factory.create(current.config);
  }
}

/** What `compile-filter-chain.ts` made. */
function asDiscovered(config: unknown): DiscoveredFilterConfig {
  return config as DiscoveredFilterConfig;
}
