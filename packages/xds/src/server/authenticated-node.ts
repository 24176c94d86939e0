import { Code, ConnectError, createContextKey } from "@connectrpc/connect";
import type { AuthenticatedNode } from "../snapshot-source.ts";

/** For `connectNodeAdapter({ contextValues })`: the node whose certificate a call's peer came with, where it came with one. */
export const authenticatedNodeKey = createContextKey<AuthenticatedNode | undefined>(undefined, {
  description: "authenticated node",
});

/** @throws ConnectError PERMISSION_DENIED when a peer says that it is another node than its certificate does */
export function requireOwnId(authenticated: AuthenticatedNode, said: string): void {
  const lie = foreignId(authenticated, said);
  if (lie !== undefined) throw new ConnectError(lie, Code.PermissionDenied);
}

/** What to say to a peer that says that it is another node than its certificate does; undefined: it does not. */
export function foreignId(authenticated: AuthenticatedNode, said: string): string | undefined {
  if (said === authenticated.id) return undefined;
  return `this certificate is of node '${authenticated.id}', but the request says that it comes from '${said}'`;
}
