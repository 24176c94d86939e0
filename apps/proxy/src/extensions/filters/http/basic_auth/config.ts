import type { Compiled, Problem } from "@sluice/extension-api";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import type {
  BasicAuth,
  BasicAuthPerRoute,
} from "@sluice/xds/gen/envoy/extensions/filters/http/basic_auth/v3/basic_auth_pb.js";
import { readDataSource } from "../../../../config-message/read-data-source.ts";

/** User name, as it is sent (an octet a character) → SHA-1 of the password, base64. */
export type Users = ReadonlyMap<string, string>;

export interface BasicAuthConfig {
  readonly users: Users;
  /** "": the name is not passed on. */
  readonly forwardUsernameHeader: string;
  /** Where the credentials stand; default `authorization`. */
  readonly authenticationHeader: string;
  readonly allowMissing: boolean;
  readonly emitDynamicMetadata: boolean;
  /** "": the request's URL stands for it. */
  readonly realm: string;
}

export interface BasicAuthRouteConfig {
  readonly users: Users;
  readonly realm: string;
}

export function compileBasicAuth(config: BasicAuth): Compiled<BasicAuthConfig> {
  const users = compileUsers(config.users, false);
  if (!users.ok) return users;
  return {
    ok: true,
    value: Object.freeze({
      users: users.value,
      forwardUsernameHeader: config.forwardUsernameHeader.toLowerCase(),
      authenticationHeader: config.authenticationHeader.toLowerCase() || "authorization",
      allowMissing: config.allowMissing,
      emitDynamicMetadata: config.emitDynamicMetadata,
      realm: config.realm,
    }),
  };
}

export function compileBasicAuthPerRoute(config: BasicAuthPerRoute): Compiled<BasicAuthRouteConfig> {
  // As Envoy: a route's list may be empty, which lets nobody in.
  const users = compileUsers(config.users, true);
  return users.ok ? { ok: true, value: Object.freeze({ users: users.value, realm: config.realm }) } : users;
}

const SHA1 = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/;

/** htpasswd lines; only `{SHA}` hashes, as in Envoy. */
function compileUsers(source: DataSource | undefined, mayBeEmpty: boolean): Compiled<Users> {
  const problems: Problem[] = [];
  const refuse = (message: string): void => {
    problems.push({ path: "users", message, severity: "error" });
  };
  const users = new Map<string, string>();
  const read = readDataSource(source, "users", Number.POSITIVE_INFINITY);
  if (!read.ok) return read;
  if (read.value.length === 0 && !mayBeEmpty) refuse("must not be empty");
  const lines = read.value.toString("latin1").split("\n");
  for (const [i, line] of lines.entries()) {
    if (line === "" || line.startsWith("#")) continue;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon);
    const hash = SHA1.exec(line.slice(colon + 1))?.[1];
    if (colon < 1) refuse(`line ${i + 1} is not name:hash`);
    else if (hash === undefined)
      refuse(`line ${i + 1} (${name}): only {SHA} hashes are supported (htpasswd -s)`);
    else if (users.has(name)) refuse(`line ${i + 1}: the user ${name} stands there twice`);
    else users.set(name, hash);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: users };
}
