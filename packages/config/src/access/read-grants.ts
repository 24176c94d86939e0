import { ConfigError, RESOURCE_KINDS, type ResourceKind } from "../contract.ts";
import { parseSelector } from "../group/label-selector.ts";
import type { Grant } from "./grant.ts";
import { isPermission, type Limit, limitsOf, PERMISSION_NAMES, type Permission } from "./permission.ts";

/** A grant as somebody wrote it. */
export interface GrantInput {
  readonly permission: string;
  readonly groups?: readonly string[] | undefined;
  readonly kinds?: readonly string[] | undefined;
  readonly selector?: string | undefined;
}

const GRANTS_MAX = 100;
const GROUPS_MAX = 200;

/** Grants for a role or a token, in a form that can be stored. `bad_input` for what would allow nothing or be ignored. */
export function readGrants(inputs: readonly GrantInput[]): readonly Grant[] {
  if (inputs.length > GRANTS_MAX) throw bad(`there are at most ${GRANTS_MAX} permissions`);
  return inputs.map(readGrant);
}

function readGrant(input: GrantInput): Grant {
  const { permission } = input;
  if (!isPermission(permission))
    throw bad(`there is no permission '${permission}'; there are ${PERMISSION_NAMES.join(", ")}`);
  for (const limit of ["groups", "kinds", "selector"] as const)
    if (input[limit] !== undefined) refuseLimit(permission, limit);
  const { groups, kinds, selector } = input;
  if (groups !== undefined && (groups.length === 0 || groups.length > GROUPS_MAX))
    throw bad(`${permission}: name 1 to ${GROUPS_MAX} groups, or leave the limit out`);
  return {
    permission,
    ...(groups === undefined ? {} : { groups: [...new Set(groups)].toSorted() }),
    ...(kinds === undefined ? {} : { kinds: readKinds(permission, kinds) }),
    ...(selector === undefined ? {} : { selector: readSelector(permission, selector) }),
  };
}

function refuseLimit(permission: Permission, limit: Limit): void {
  const limits = limitsOf(permission);
  if (limits.includes(limit)) return;
  const known = limits.length === 0 ? "holds everywhere" : `can be limited by ${limits.join(" and ")}`;
  throw bad(`${permission} cannot be limited by ${limit}: it ${known}`);
}

function readKinds(permission: Permission, kinds: readonly string[]): readonly ResourceKind[] {
  const known = RESOURCE_KINDS.filter((kind) => kind !== "secrets");
  for (const kind of kinds)
    if (!known.some((name) => name === kind))
      throw bad(
        kind === "secrets"
          ? `${permission}: for secrets there is the permission secret.manage`
          : `${permission}: there is no kind '${kind}'; there are ${known.join(", ")}`,
      );
  const read = known.filter((kind) => kinds.includes(kind));
  if (read.length === 0) throw bad(`${permission}: name at least one kind, or leave the limit out`);
  return read;
}

function readSelector(permission: Permission, text: string): string {
  const parsed = parseSelector(text);
  if ("problem" in parsed) throw bad(`${permission}: selector '${text}': ${parsed.problem}`);
  if (parsed.selector.length === 0)
    throw bad(`${permission}: an empty selector limits nothing; leave it out`);
  return text.trim();
}

function bad(message: string): ConfigError {
  return new ConfigError("bad_input", message);
}
