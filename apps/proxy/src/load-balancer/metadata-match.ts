/** What a host's `envoy.lb` metadata must have: sorted by name, each name once. */
export type MetadataMatch = readonly MetadataCriterion[];

export interface MetadataCriterion {
  readonly name: string;
  readonly value: unknown;
  /** Equal values have equal texts. */
  readonly key: string;
}
