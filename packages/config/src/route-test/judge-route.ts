import type { Candidates, RequestExplanation } from "../explain/explanation.ts";
import type { RouteExpectation, RouteTest, RouteTestResult } from "./route-test.ts";

/** Whether the way that a request takes is the one that its test expects. Pure. */
export function judgeRoute(test: RouteTest, explained: RequestExplanation): RouteTestResult {
  const found = whatCame(explained);
  const names = clusterNames(explained);
  const { expect } = test;
  const failures: string[] = [];
  const check = (
    what: string,
    wanted: string | number | undefined,
    came: string | number | undefined,
    holds: boolean,
  ) => {
    if (wanted === undefined || holds) return;
    failures.push(
      `${what}: expected ${wanted}, but ${came === undefined ? "there is none" : `it is ${came}`}`,
    );
  };
  check("listener", expect.listener, found.listener, expect.listener === found.listener);
  check("virtual host", expect.virtualHost, found.virtualHost, expect.virtualHost === found.virtualHost);
  const route = chosen(explained.routes);
  const isRoute = expect.route === route?.name || (route !== undefined && expect.route === route.at?.path);
  check("route", expect.route, found.route, isRoute);
  check("cluster", expect.cluster, names.join(" or ") || undefined, names.includes(expect.cluster ?? ""));
  check("status", expect.status, found.status, expect.status === found.status);
  check("location", expect.location, found.location, expect.location === found.location);
  const [why] = explained.problems;
  if (failures.length > 0 && why !== undefined) failures.push(why.message);
  return { name: test.name, passed: failures.length === 0, failures, found };
}

/** What a request's way is, in the words of an expectation: "keep as test" takes it as it is. */
export function whatCame(explained: RequestExplanation): RouteExpectation {
  const { action } = explained;
  const route = chosen(explained.routes);
  const status = statusOf(explained);
  const [cluster] = clusterNames(explained);
  return {
    ...named("listener", chosen(explained.listeners)?.name),
    ...named("virtualHost", chosen(explained.virtualHosts)?.name),
    ...named("route", route && (route.name || route.at?.path)),
    ...named("cluster", cluster),
    ...(status === undefined ? {} : { status }),
    ...named("location", action?.kind === "redirect" ? action.location : undefined),
  };
}

function clusterNames({ action }: RequestExplanation): readonly string[] {
  if (action?.kind !== "cluster") return [];
  return action.clusters.filter(({ percent }) => percent > 0).map(({ name }) => name);
}

function statusOf({ outcome, status, action }: RequestExplanation): number | undefined {
  if (action?.kind === "redirect" || action?.kind === "direct_response") return action.status;
  if (status !== undefined) return status;
  return outcome === "no_virtual_host" || outcome === "no_route" ? 404 : undefined;
}

function chosen(list: Candidates | undefined) {
  return list?.items.find(({ outcome }) => outcome === "chosen");
}

function named<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined || value === "" ? {} : ({ [key]: value } as { readonly [P in K]: string });
}
