/**
 * One thing that is wrong with a piece of configuration. The same text is the NACK's `error_detail`, the CLI's output and
 * the form's message, so it says where and what to do.
 */
export interface Problem {
  /**
   * Where, in proto field names from the resource's root: `filter_chains[0].filters[1].typed_config.route_config`.
   * Empty for the whole resource.
   */
  readonly path: string;
  /** What is wrong and what to do, one sentence, no trailing full stop, no path in it. */
  readonly message: string;
  readonly severity: "error" | "warning";
}

/** Problems of a part of a message, by their paths from the message on. `path`: of the part. */
export function problemsBelow(path: string, problems: readonly Problem[]): readonly Problem[] {
  return problems.map((one) => ({ ...one, path: one.path === "" ? path : `${path}.${one.path}` }));
}
