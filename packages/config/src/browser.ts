/** What the browser may use of this package: no Postgres in here. */

export { BUILT_IN_ROLES, grantsOfRole, isBuiltInRole, type Role } from "./access/built-in-roles.ts";
export type { Grant, Scope } from "./access/grant.ts";
export { mayAnywhere, mayWithin } from "./access/may.ts";
export { type Limit, limitsOf, PERMISSION_NAMES, type Permission } from "./access/permission.ts";
export {
  ACME_CHALLENGE_TYPES,
  type AcmeChallengeType,
  CERTIFICATE_KEY_TYPES,
  type CertificateKeyType,
} from "./acme/acme-contract.ts";
export { automaticName, hasWildcard } from "./acme/automatic-name.ts";
export * from "./contract.ts";
export { parseSelector, selectorMatches } from "./group/label-selector.ts";
export { whatCame } from "./route-test/judge-route.ts";
export { applyEdits } from "./text/apply-edits.ts";
export { diffFields } from "./text/diff-fields.ts";
export { type MergeStep, mergeEdits, mergeFields } from "./text/merge-fields.ts";
