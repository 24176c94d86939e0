import assert from "node:assert/strict";
import { it } from "node:test";
import { create } from "@bufbuild/protobuf";
import { RegexMatcherSchema } from "@sluice/xds/gen/envoy/type/matcher/v3/regex_pb.js";
import { compileRegex } from "./linear-regex.ts";
import { compileUriTemplate } from "./uri-template.ts";

// What a stock Envoy 1.40 answered for these.
const CASES: Record<string, { takes: string[]; leaves: string[] }> = {
  "/a/*": {
    takes: ["/a/x", "/a/x=1", "/a/%20!$&'()+,;:@", "/a/x*y"],
    leaves: ["/a/", "/a/x/y", '/a/x"y', "/A/x", "/a/x|y"],
  },
  "/b/**": { takes: ["/b/", "/b/x/y", "/b/x//y"], leaves: ["/b"] },
  "/c/{x}/d": { takes: ["/c/x/d", "/c/x=y/d"], leaves: ["/c//d"] },
  "/d/{x=v/*}/e": { takes: ["/d/v/1/e"], leaves: ["/d/w/1/e"] },
  "/e/{x=**}": { takes: ["/e/", "/e/x/y"], leaves: ["/e"] },
  "/f/*/g/**": { takes: ["/f/1/g/", "/f/1/g/2/3"], leaves: ["/f/1/g"] },
  "/g/{x}.json": { takes: ["/g/x.json"], leaves: ["/g/x", "/g/.json", "/g/xajson"] },
  "/h/**/z": { takes: ["/h/x/y/z", "/h//z"], leaves: ["/h/z"] },
  "/i/{x=*}/{y=*}": { takes: ["/i/1/2"], leaves: ["/i/1"] },
};

it("takes and leaves the paths that Envoy does", () => {
  for (const [template, { takes, leaves }] of Object.entries(CASES)) {
    const compiled = compileUriTemplate(template);
    assert.ok(compiled.ok, template);
    const regex = compileRegex(create(RegexMatcherSchema, { regex: compiled.regex }), "");
    assert.ok(regex.ok, compiled.regex);
    for (const path of takes) assert.ok(regex.value.matchesAll(path), `${template} takes ${path}`);
    for (const path of leaves) assert.ok(!regex.value.matchesAll(path), `${template} leaves ${path}`);
  }
});

it("refuses the templates that Envoy does", () => {
  const refused = [
    "a",
    "/a/{x}/{x}",
    "/**/*",
    "/**/{x}",
    "/a/{1x}",
    "/a/{x=}",
    "/a//b",
    "/{a}/{b}/{c}/{d}/{e}/{f}",
    "/a/{x",
    "/a/{x=a{y}}",
    "/a b",
    "/a?b",
    "/{a-b}",
    `/{${"n".repeat(17)}}`,
    "/a\\b",
    "/é",
    "/{a}{b}",
  ];
  for (const template of refused) assert.ok(!compileUriTemplate(template).ok, template);
  for (const template of ["/a/{x=**}/b", "/a/", "/*/**", "/a%20b", "/a*"])
    assert.ok(compileUriTemplate(template).ok, template);
});
