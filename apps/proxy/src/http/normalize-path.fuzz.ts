import assert from "node:assert/strict";
import type { FuzzTarget } from "@sluice/harness";
import { hasEscapedSlash, mergeSlashes, normalizePath, unescapeSlashes } from "@sluice/matching";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");

/** As Envoy, parameters of dots are looked for ahead of escapes and backslashes: once those are read, others may begin. */
const DOTS_WITH_PARAMETERS = /\/\.\.?;/;

/** What is normal stays as it is, and holds no dot segments. */
export const normalizePathFuzz: FuzzTarget = {
  name: "path normalisation",
  corpus: [
    "/",
    "/a/b/../c?q=/../x",
    "//a//b/",
    "/a%2fb%5Cc",
    "/%2e%2E/a/./b",
    "/a/..;/b",
    "/a\\..;x/b",
    "/%41%7e\\a",
  ].map(latin1),
  dictionary: [
    "/",
    "..",
    ".",
    "%2e",
    "%2E",
    "%2f",
    "%5c",
    "\\",
    "?",
    "#",
    "%",
    "%00",
    "//",
    "/../",
    "/./",
  ].map(latin1),
  run(input) {
    const path = `/${input.toString("latin1")}`;
    const normal = normalizePath(path);
    if (normal !== undefined) {
      const [before = ""] = normal.split(/[?#]/);
      if (!DOTS_WITH_PARAMETERS.test(before)) assert.equal(normalizePath(normal), normal);
      for (const segment of before.split("/")) assert.ok(segment !== "." && segment !== "..", normal);
    }
    const merged = mergeSlashes(path);
    assert.equal(mergeSlashes(merged), merged);
    const unescaped = unescapeSlashes(path);
    if (!hasEscapedSlash(path)) assert.equal(unescaped, path);
    return `${normal === undefined}${normal === path}${merged === path}${unescaped === path}${normal?.split("/").length}`;
  },
};
