import type { StreamInfo } from "@sluice/extension-api";
import { type Candidate, chooseEncoding, type EncodingChoice } from "./choose-encoding.ts";
import type { ContentTypes } from "./content-types.ts";

/** A compressor filter that others of its chain know of. */
export interface ChainMember extends Candidate {
  readonly contentTypes: ContentTypes;
}

/** The compressor filters of one stream, in the chain's order, and what they chose together: once, by the first that asks. */
export class ChainRegistry {
  private readonly members: ChainMember[] = [];
  private choice: EncodingChoice | undefined = undefined;

  add(member: ChainMember): void {
    this.members.push(member);
  }

  /**
   * `contentType`: of the response, undefined when it has none. `asker` has `encoding` for this route; of the others only what
   * they are configured with counts, as in Envoy.
   */
  choose(
    acceptEncoding: string,
    contentType: string | undefined,
    asker: ChainMember,
    encoding: string,
  ): EncodingChoice {
    this.choice ??= chooseEncoding(
      acceptEncoding,
      this.members.flatMap((member) => {
        if (contentType !== undefined && !member.contentTypes(contentType)) return [];
        return [member === asker ? { encoding, chooseFirst: member.chooseFirst } : member];
      }),
    );
    return this.choice;
  }
}

const KEY = "compressors";

export function chainRegistryOf(streamInfo: StreamInfo): ChainRegistry {
  const known = streamInfo.filterState.get(KEY);
  if (known instanceof ChainRegistry) return known;
  const registry = new ChainRegistry();
  streamInfo.filterState.set(KEY, registry);
  return registry;
}
