import type { ResourceKind, ResourceProblem } from "../contract.ts";

/** What the data plane is asked to judge. */
export interface DataPlaneQuestion {
  readonly resources: readonly {
    readonly kind: ResourceKind;
    readonly name: string;
    /** The encoded message (of `KIND_TYPES[kind]`), secrets in plain. */
    readonly value: Uint8Array;
  }[];
  /** Every cluster of the configuration, also those that are not judged. */
  readonly clusters: readonly string[];
}

export type DataPlaneVerdict =
  /** What it would refuse, in its own words; empty when it would take everything. */
  | { readonly available: true; readonly problems: readonly ResourceProblem[] }
  /** It could not be asked: a publisher is told, and publishes unchecked or not. */
  | { readonly available: false; readonly reason: string };

/** The data plane's own code as a judge. Whoever makes one gives each question a deadline: `check` never waits for ever, never rejects. */
export interface DataPlaneCheck {
  check(question: DataPlaneQuestion): Promise<DataPlaneVerdict>;
}
