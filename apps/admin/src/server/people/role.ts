import type { Grant } from "@sluice/config";

export interface RoleState {
  readonly name: string;
  readonly description: string;
  readonly builtIn: boolean;
  readonly grants: readonly Grant[];
  /** How many people have it. */
  readonly people: number;
  /** Of a custom role: goes up by one at each change; 0 of a built-in one. */
  readonly revision: number;
}
