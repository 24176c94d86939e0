import assert from "node:assert/strict";
import { it } from "node:test";
import type { JsonObject } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import type { CompiledRoute } from "./compiled-route.ts";
import { meetsPathRule } from "./path-rule.ts";
import { request, tableOf } from "./testing/tables.ts";

// Few letters, so that paths and prefixes meet often.
const segment = fc.string({ unit: fc.constantFrom("a", "b", "B", "-"), minLength: 0, maxLength: 3 });
const path = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `/${parts.join("/")}`);

const pathMatch: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ prefix: path, caseSensitive: fc.boolean() }),
  fc.record({ path, caseSensitive: fc.boolean() }),
  path
    .filter((text) => /^[^?#]+[^?#/]$/.test(text))
    .chain((pathSeparatedPrefix) =>
      fc.boolean().map((caseSensitive) => ({ pathSeparatedPrefix, caseSensitive })),
    ),
  fc
    .tuple(path, fc.constantFrom("", ".*", "[ab]", "a*", "(a|b)+", "|/b.*", "+", "?", "{0,2}", "\\-b?"))
    .map(([text, tail]) => ({ safeRegex: { regex: text + tail } })),
);

const value = fc.constantFrom("u", "v", "w");
const headers: fc.Arbitrary<JsonObject[]> = fc.array(
  fc.record({
    name: fc.constantFrom("x-one", "x-two"),
    stringMatch: fc.oneof(
      value.map((exact) => ({ exact })),
      value.map((prefix) => ({ prefix })),
    ),
    invertMatch: fc.boolean(),
  }),
  { maxLength: 2 },
);

const queryParameters: fc.Arbitrary<JsonObject[]> = fc.array(
  fc.record({
    name: fc.constantFrom("p", "q"),
    stringMatch: fc.oneof(
      value.map((exact) => ({ exact })),
      value.map((exact) => ({ exact, ignoreCase: true })),
      value.map((suffix) => ({ suffix })),
    ),
  }),
  { maxLength: 1 },
);

const match: fc.Arbitrary<JsonObject> = fc
  .tuple(pathMatch, headers, queryParameters, fc.option(fc.integer({ min: 0, max: 100 })))
  .map(([specifier, list, parameters, percent]) => ({
    ...specifier,
    headers: list,
    queryParameters: parameters,
    ...(percent === null ? {} : { runtimeFraction: { defaultValue: { numerator: percent } } }),
  }));

it("answers like a scan of the routes in their order", () => {
  const asked = fc.record({
    path,
    one: fc.array(value, { maxLength: 3 }),
    two: fc.array(value, { maxLength: 3 }),
    query: fc.array(fc.tuple(fc.constantFrom("p", "q", "r"), value), { maxLength: 3 }),
    random: fc.nat(99),
  });
  fc.assert(
    fc.property(
      fc.array(match, { minLength: 1, maxLength: 40 }),
      fc.array(asked, { minLength: 1, maxLength: 20 }),
      (matches, requests) => {
        const table = tableOf({
          virtualHosts: [
            {
              name: "v",
              domains: ["*"],
              routes: matches.map((one, i) => ({
                name: String(i),
                match: one,
                directResponse: { status: 200 },
              })),
            },
          ],
        });
        const host = table.virtualHosts[0];
        assert.ok(host);
        for (const { path: at, one, two, query, random } of requests) {
          const given: [string, string][] = [];
          for (const each of one) given.push(["x-one", each]);
          for (const each of two) given.push(["x-two", each]);
          const search = query.map((pair) => pair.join("=")).join("&");
          const view = request(search === "" ? at : `${at}?${search}`, ...given);
          const scanned: CompiledRoute<string> | undefined = host.routes.find(
            (route) =>
              meetsPathRule(route.pathRule, at, view) &&
              route.conditions.every((condition) => condition.matches(view, random, {})),
          );
          assert.equal(table.match(view, random)?.payload, scanned?.payload, at);
        }
      },
    ),
    { numRuns: 500 },
  );
});
