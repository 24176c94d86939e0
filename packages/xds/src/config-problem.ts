/**
 * One thing that is wrong with a piece of configuration; structurally the `Problem` of @sluice/extension-api with the
 * place in the text that it was read from.
 */
export interface ConfigProblem {
  /** Proto field path from the resource's root (`virtual_hosts[0].routes[2].match`), "" for the whole. */
  readonly path: string;
  /** One sentence that says what to do, with the nearest valid name where a name is unknown. */
  readonly message: string;
  readonly severity: "error" | "warning";
  readonly position?: TextPosition;
}

/** 1-based, as editors count. `offset` and `endOffset` are 0-based UTF-16 offsets into the text. */
export interface TextPosition {
  readonly file?: string;
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly endOffset: number;
}
