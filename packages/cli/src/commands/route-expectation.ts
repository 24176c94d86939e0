import type { RequestExplanation, RouteExpectation } from "@sluice/config";
import { whatCame } from "@sluice/config/browser";
import { CliError } from "../cli-error.ts";

/** What a request is to meet, as options of the command line. */
export interface ExpectationOptions {
  readonly cluster?: string;
  readonly expectListener?: string;
  readonly virtualHost?: string;
  readonly route?: string;
  readonly status?: string;
  readonly location?: string;
}

/** What the options expect; undefined when they expect nothing. */
export function readExpectation(given: ExpectationOptions): RouteExpectation | undefined {
  const { cluster, expectListener, virtualHost, route, status, location } = given;
  if (status !== undefined && !/^[1-5]\d\d$/.test(status)) throw new CliError(`'${status}' is no status`, 2);
  const expect: RouteExpectation = {
    ...(expectListener === undefined ? {} : { listener: expectListener }),
    ...(virtualHost === undefined ? {} : { virtualHost }),
    ...(route === undefined ? {} : { route }),
    ...(cluster === undefined ? {} : { cluster }),
    ...(status === undefined ? {} : { status: Number(status) }),
    ...(location === undefined ? {} : { location }),
  };
  return Object.keys(expect).length === 0 ? undefined : expect;
}

/** The way that a request takes now, to be kept. Refused when it takes none that could be named. */
export function expectationOf(explained: RequestExplanation): RouteExpectation {
  const expect = whatCame(explained);
  if (Object.keys(expect).length === 0)
    throw new CliError(`nothing takes this request now (${explained.outcome}): say what to expect`);
  return expect;
}

export function expectationText(expect: RouteExpectation): string {
  const names: Readonly<Record<keyof RouteExpectation, string>> = {
    listener: "listener",
    virtualHost: "virtual host",
    route: "route",
    cluster: "cluster",
    status: "status",
    location: "location",
  };
  return Object.entries(expect)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `${names[key as keyof RouteExpectation]} ${value}`)
    .join(", ");
}
