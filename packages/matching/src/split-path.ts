/** Path and query of a request target; the query keeps its `?`. */
export function splitPath(target: string): readonly [string, string] {
  const at = target.search(/[?#]/);
  return at < 0 ? [target, ""] : [target.slice(0, at), target.slice(at)];
}
