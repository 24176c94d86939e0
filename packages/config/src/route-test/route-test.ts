import type { ExplainInput } from "../explain/explanation.ts";

/**
 * A request and the way that it must take. It is part of the draft and of every version that is published from it; while one
 * fails, the draft cannot be published.
 */
export interface RouteTest extends Omit<ExplainInput, "source"> {
  /** Unique in the draft; for people. */
  readonly name: string;
  readonly expect: RouteExpectation;
}

/** What must be so; at least one of them. What is left out may be anything. */
export interface RouteExpectation {
  readonly listener?: string | undefined;
  readonly virtualHost?: string | undefined;
  /** The route's name, or its path in the route configuration (`virtual_hosts[0].routes[1]`). */
  readonly route?: string | undefined;
  /** The cluster that gets it; where a route splits its requests, one of those that get some. */
  readonly cluster?: string | undefined;
  /** Of a redirect, a direct response or a refusal; `404` also where nothing takes the request. */
  readonly status?: number | undefined;
  /** Of a redirect. */
  readonly location?: string | undefined;
}

export interface StoredRouteTest extends RouteTest {
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

export interface RouteTestResult {
  readonly name: string;
  readonly passed: boolean;
  /** What was expected and what came instead, each a sentence; empty when it passed. */
  readonly failures: readonly string[];
  /** What came: the same fields as `expect`. */
  readonly found: RouteExpectation;
}

export interface RouteTestRun {
  readonly source: { readonly kind: "draft" } | { readonly kind: "version"; readonly number: number };
  readonly results: readonly RouteTestResult[];
  readonly failed: number;
}
