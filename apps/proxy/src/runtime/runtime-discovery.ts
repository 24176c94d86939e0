import type { XdsUpdate } from "@sluice/xds/client";
import { RuntimeSchema } from "@sluice/xds/gen/envoy/service/runtime/v3/rtds_pb.js";
import { isStreamed, sourceKey } from "../xds/config-source.ts";
import type { Discovery } from "../xds/discovery.ts";
import { type Refusal, Refusals } from "../xds/refusals.ts";
import type { RuntimeLayers } from "./layered-runtime.ts";

/** RTDS on the main thread: what a source sends becomes the layers that name it. */
export class RuntimeDiscovery implements Discovery {
  readonly #layers: RuntimeLayers;
  readonly #onChange: () => void;

  /** `onChange`: the layers are other ones. */
  constructor(layers: RuntimeLayers, onChange: () => void) {
    this.#layers = layers;
    this.#onChange = onChange;
  }

  onUpdate(update: XdsUpdate, source: string): Refusal | undefined {
    const layers = this.#layers;
    const refusals = new Refusals();
    for (const resource of update.updated) {
      const message = refusals.check(RuntimeSchema, resource, () => []);
      if (message !== undefined) layers.discover(source, resource.name, message.layer);
    }
    const streamed = layers.resources.some(
      (each) => sourceKey(each.source) === source && isStreamed(each.source),
    );
    for (const name of update.removed) {
      if (streamed) layers.discover(source, name, undefined);
      else refusals.add(name, [{ path: "", message: "is not in the response", severity: "error" }]);
    }
    this.#onChange();
    return refusals.outcome("RTDS");
  }
}
