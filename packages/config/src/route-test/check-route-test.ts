import { ConfigError } from "../contract.ts";
import { readRequest } from "../explain/asked-request.ts";
import type { RouteTest } from "./route-test.ts";

const NAME_LENGTH_MAX = 200;

/** Throws `invalid` for a test that asks nothing, or whose request is none. */
export function checkRouteTest(test: RouteTest): void {
  if (test.name.trim() === "") throw new ConfigError("invalid", "give the test a name");
  if (test.name.length > NAME_LENGTH_MAX)
    throw new ConfigError("invalid", `a test's name may have ${NAME_LENGTH_MAX} characters`);
  if (Object.values(test.expect).every((value) => value === undefined))
    throw new ConfigError("invalid", `test '${test.name}' expects nothing; say what must be so`);
  readRequest({ ...test, source: "draft" });
}
