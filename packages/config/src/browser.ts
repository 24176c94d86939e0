/** What the browser may use of this package: no Postgres in here. */
export * from "./contract.ts";
export { parseSelector, selectorMatches } from "./group/label-selector.ts";
export { whatCame } from "./route-test/judge-route.ts";
export { applyEdits } from "./text/apply-edits.ts";
export { diffFields } from "./text/diff-fields.ts";
export { type MergeStep, mergeEdits, mergeFields } from "./text/merge-fields.ts";
