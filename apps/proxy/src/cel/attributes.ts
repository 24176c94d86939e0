import { type CelInput, type CelMap, celMap } from "@bufbuild/cel";
import { splitAddress } from "@sluice/matching";
import type { Metadata } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { AttributeMap } from "./attribute-map.ts";
import { connectionAttribute } from "./connection-attributes.ts";
import type { CelSubject } from "./expression.ts";
import { filterStateAttribute } from "./filter-state-attributes.ts";
import { metadataMessage } from "./metadata-message.ts";
import { requestAttribute } from "./request-attributes.ts";
import { responseAttribute } from "./response-attributes.ts";
import { upstreamAttribute } from "./upstream-attributes.ts";
import { xdsAttribute } from "./xds-attributes.ts";

/** The variables of an expression, by Envoy's names; the library asks for them as properties. */
export class Attributes {
  readonly #subject: CelSubject;
  readonly #knowsNode: boolean;

  #askedForResponse = false;

  constructor(subject: CelSubject, knowsNode: boolean) {
    this.#subject = subject;
    this.#knowsNode = knowsNode;
  }

  /** Whether an expression has asked for `response` so far; no variable. */
  get askedForResponse(): boolean {
    return this.#askedForResponse;
  }

  get request(): CelMap {
    return attributes((name) => requestAttribute(this.#subject, name));
  }
  get response(): CelMap {
    this.#askedForResponse = true;
    return attributes((name) => responseAttribute(this.#subject, name));
  }
  get connection(): CelMap {
    return attributes((name) => connectionAttribute(this.#subject, name));
  }
  get upstream(): CelMap {
    return attributes((name) => upstreamAttribute(this.#subject, name));
  }
  get source(): CelMap {
    return peer(this.#subject.connection.remoteAddress);
  }
  get destination(): CelMap {
    return peer(this.#subject.connection.localAddress);
  }
  get metadata(): Metadata {
    const { dynamicMetadata } = this.#subject.streamInfo;
    return metadataMessage(dynamicMetadata === undefined ? undefined : Object.fromEntries(dynamicMetadata));
  }
  get filter_state(): CelMap {
    const { filterState } = this.#subject.streamInfo;
    return attributes((name) => filterStateAttribute(filterState.get(name)));
  }
  get upstream_filter_state(): CelMap | undefined {
    const { upstreamFilterState, upstreamConnectionId } = this.#subject.streamInfo;
    return upstreamFilterState === undefined && upstreamConnectionId === undefined
      ? undefined
      : attributes((name) => filterStateAttribute(upstreamFilterState?.get(name)));
  }
  get xds(): CelMap {
    return attributes((name) => xdsAttribute(this.#subject, name, this.#knowsNode));
  }
}

const attributes = (read: (name: string) => CelInput | undefined): CelMap => celMap(new AttributeMap(read));

function peer(address: string): CelMap {
  return attributes((name): CelInput | undefined => {
    if (name === "address") return address;
    const port = name === "port" ? splitAddress(address)?.port : undefined;
    return port === undefined ? undefined : BigInt(port);
  });
}

/** The names of all variables. */
export const ATTRIBUTES: ReadonlySet<string> = new Set(
  Object.getOwnPropertyNames(Attributes.prototype).filter(
    (name) => !["constructor", "askedForResponse"].includes(name),
  ),
);
