import assert from "node:assert/strict";
import { it } from "node:test";
import * as fc from "fast-check";
import { type Domain, domainTakes, parseDomain, VirtualHostIndex } from "./virtual-host-index.ts";

// Few labels, so that domains and hosts meet often.
const label = fc.constantFrom("a", "b", "ab", "A");
const name = fc.array(label, { minLength: 1, maxLength: 3 }).map((labels) => labels.join("."));
const domain = fc.oneof(
  name,
  name.map((text) => `*.${text}`),
  name.map((text) => `*-${text}`),
  name.map((text) => `${text}.*`),
  fc.constant("*"),
);
const RANKS = { exact: 0, suffix: 1, prefix: 2, any: 3 };

/** Envoy's order, by looking at every domain. */
function scanned(domains: readonly Domain[], host: string): string | undefined {
  return domains
    .filter((one) => domainTakes(one, host.toLowerCase()))
    .sort((a, b) => RANKS[a.kind] - RANKS[b.kind] || b.text.length - a.text.length)[0]?.source;
}

it("finds the domain that a scan of all domains calls the most specific", () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(domain, { maxLength: 30, selector: (text) => text.toLowerCase() }),
      fc.array(
        fc.oneof(
          name,
          name.map((text) => `x-${text}`),
        ),
        { minLength: 1, maxLength: 20 },
      ),
      (sources, hosts) => {
        const domains = sources.map(parseDomain);
        const index = new VirtualHostIndex(domains.map((one) => [[one], one.source] as const));
        for (const host of hosts) assert.equal(index.find(host), scanned(domains, host), host);
      },
    ),
    { numRuns: 500 },
  );
});
