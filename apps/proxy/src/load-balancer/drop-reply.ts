import { type Random, ResponseFlag } from "@sluice/extension-api";
import { EnvoyHeader } from "../http/envoy-headers.ts";

/** How a request is refused that the control plane wants dropped. `header` is sent as `true`. */
export interface DropReply {
  readonly flag: ResponseFlag;
  readonly body: string;
  readonly details: string;
  readonly header: string;
}

const SOME: DropReply = {
  flag: ResponseFlag.DropOverload,
  body: "drop overload",
  details: "drop_overload",
  get header() {
    return EnvoyHeader.dropOverload;
  },
};
const ALL: DropReply = {
  flag: ResponseFlag.UnconditionalDropOverload,
  body: "unconditional drop overload",
  details: "unconditional_drop_overload",
  get header() {
    return EnvoyHeader.unconditionalDropOverload;
  },
};
const WHOLE = 1_000_000;

/** Draws for one request; undefined: it is served. */
export function drawDrop(dropPerMillion: number, random: Random): DropReply | undefined {
  if (dropPerMillion === 0) return undefined;
  if (dropPerMillion >= WHOLE) return ALL;
  return random.uint32() % WHOLE < dropPerMillion ? SOME : undefined;
}
