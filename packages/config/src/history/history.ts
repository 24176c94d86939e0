import type { FieldDiff, ResourceKind } from "../contract.ts";

/** Who made a version, and why. */
export interface Origin {
  readonly version: number;
  readonly author: string;
  readonly createdAt: Date;
  readonly message: string;
}

/** What one version did to one resource. */
export interface ResourceChange extends Origin {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly change: "added" | "modified" | "removed";
  /** Of `modified`: at most 200, long values cut. Of a search for a field only those that it found. */
  readonly fields: readonly FieldDiff[];
}

/** A field of a resource and where its value comes from. */
export interface BlamedField extends Origin {
  readonly path: string;
  readonly value: unknown;
}
