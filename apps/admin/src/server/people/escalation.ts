import { ConfigError, type Context, type Grant, grantsOf, includesGrant } from "@sluice/config";

/**
 * Nobody gives away, or takes over, more than they have: with `people.manage` alone one could otherwise make oneself admin. Throws
 * `forbidden`.
 */
export function refuseEscalation(context: Context, wanted: readonly Grant[], what: string): void {
  const own = grantsOf(context.actor);
  const beyond = wanted.find((grant) => !includesGrant(own, grant));
  if (beyond === undefined) return;
  throw new ConfigError("forbidden", `${what} allows ${beyond.permission}, which you do not have as far`, {
    needs: beyond.permission,
  });
}
