import type { Command } from "commander";
import { CliError } from "./cli-error.ts";
import { collect } from "./read-option.ts";

export interface GrantOptions {
  readonly allow: readonly string[];
  readonly groups?: string;
  readonly kinds?: string;
  readonly selector?: string;
}

export interface GivenGrant {
  readonly permission: string;
  readonly groups?: string[];
  readonly kinds?: string[];
  readonly selector?: string;
}

const LIMITED_BY = {
  groups: ["config.publish", "node.operate"],
  kinds: ["config.edit"],
  selector: ["node.operate"],
};

/** The options by which a token or a role says what it allows. */
export function withGrants(command: Command): Command {
  return command
    .option("--allow <permission>", "a permission, like config.publish; may be repeated", collect, [])
    .option("--groups <names>", "limits config.publish and node.operate to these groups, with commas between")
    .option("--kinds <kinds>", "limits config.edit to these kinds of resources, with commas between")
    .option("--selector <labels>", "limits node.operate to nodes with these labels");
}

/** Wrong usage where a limit limits nothing that is allowed. */
export function grantsFrom({ allow, groups, kinds, selector }: GrantOptions): GivenGrant[] {
  const limits = { groups: listOf(groups), kinds: listOf(kinds), selector };
  for (const limit of ["groups", "kinds", "selector"] as const)
    if (limits[limit] !== undefined && !allow.some((permission) => LIMITED_BY[limit].includes(permission)))
      throw new CliError(
        `--${limit} limits ${LIMITED_BY[limit].join(" and ")}, and --allow names neither`,
        2,
      );
  const given = (permission: string, limit: keyof typeof LIMITED_BY) =>
    LIMITED_BY[limit].includes(permission);
  return allow.map((permission) => ({
    permission,
    ...(given(permission, "groups") && limits.groups ? { groups: limits.groups } : {}),
    ...(given(permission, "kinds") && limits.kinds ? { kinds: limits.kinds } : {}),
    ...(given(permission, "selector") && selector !== undefined ? { selector } : {}),
  }));
}

function listOf(text: string | undefined): string[] | undefined {
  return text?.split(",").map((item) => item.trim());
}
