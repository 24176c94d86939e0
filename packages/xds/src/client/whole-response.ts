import type { DiscoveryResponse } from "../../gen/envoy/service/discovery/v3/discovery_pb.js";
import { WHOLE_SET_TYPES } from "../type-urls.ts";
import { unwrapResources } from "./unwrap-resource.ts";
import type { XdsUpdate, XdsUpdateHandler } from "./xds-client.ts";

/** What a file or a polled server has for one subscription: each response is all there is. */
export class WholeResponses {
  readonly typeUrl: string;
  names: readonly string[] | "*";
  /** Of the last response that was taken. */
  version = "";
  readonly #handler: XdsUpdateHandler;
  #held: readonly string[] = [];

  constructor(typeUrl: string, names: readonly string[] | "*", handler: XdsUpdateHandler) {
    this.typeUrl = typeUrl;
    this.names = names;
    this.#handler = handler;
  }

  /** Hands on the answer to a request of `names`; resolves with the refusal, if there is one. */
  async take(response: DiscoveryResponse, names = this.names): Promise<string | undefined> {
    let update: XdsUpdate;
    try {
      const all = unwrapResources(response.resources, this.typeUrl, response.versionInfo);
      const present = new Set(all.map(({ name }) => name));
      const expected = names === "*" ? this.#held : names;
      update = {
        version: response.versionInfo,
        updated: names === "*" ? all : all.filter(({ name }) => names.includes(name)),
        removed: expected.filter((name) => !present.has(name)),
        full: names === "*" && WHOLE_SET_TYPES.has(this.typeUrl),
      };
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
    const refusal = await this.#handler(update);
    if (refusal !== undefined) return refusal;
    this.#held = update.updated.map(({ name }) => name);
    // Who wants other names by now must not hear that nothing has changed.
    if (names === this.names) this.version = response.versionInfo;
    return undefined;
  }
}
