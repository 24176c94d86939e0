import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

/** Levels 1 and 2 of OWASP ASVS 5.0.0: of each section the requirements' numbers. */
const REQUIREMENTS: Readonly<Record<string, string>> = {
  "1.1": "1 2",
  "1.2": "1 2 3 4 5 6 7 8 9",
  "1.3": "1 2 3 4 5 6 7 8 9 10 11",
  "1.4": "1 2 3",
  "1.5": "1 2",
  "2.1": "1 2 3",
  "2.2": "1 2 3",
  "2.3": "1 2 3 4",
  "2.4": "1",
  "3.2": "1 2",
  "3.3": "1 2 3 4",
  "3.4": "1 2 3 4 5 6",
  "3.5": "1 2 3 4 5",
  "3.7": "1 2",
  "4.1": "1 2 3",
  "4.2": "1",
  "4.3": "1 2",
  "4.4": "1 2 3 4",
  "5.1": "1",
  "5.2": "1 2 3",
  "5.3": "1 2",
  "5.4": "1 2 3",
  "6.1": "1 2 3",
  "6.2": "1 2 3 4 5 6 7 8 9 10 11 12",
  "6.3": "1 2 3 4",
  "6.4": "1 2 3 4",
  "6.5": "1 2 3 4 5",
  "6.6": "1 2 3",
  "6.8": "1 2 3 4",
  "7.1": "1 2 3",
  "7.2": "1 2 3 4",
  "7.3": "1 2",
  "7.4": "1 2 3 4 5",
  "7.5": "1 2",
  "7.6": "1 2",
  "8.1": "1 2",
  "8.2": "1 2 3",
  "8.3": "1",
  "8.4": "1",
  "9.1": "1 2 3",
  "9.2": "1 2 3 4",
  "10.1": "1 2",
  "10.2": "1 2",
  "10.3": "1 2 3 4",
  "10.4": "1 2 3 4 5 6 7 8 9 10 11",
  "10.5": "1 2 3 4 5",
  "10.6": "1 2",
  "10.7": "1 2 3",
  "11.1": "1 2",
  "11.2": "1 2 3",
  "11.3": "1 2 3",
  "11.4": "1 2 3 4",
  "11.5": "1",
  "11.6": "1",
  "12.1": "1 2 3",
  "12.2": "1 2",
  "12.3": "1 2 3 4",
  "13.1": "1",
  "13.2": "1 2 3 4 5",
  "13.3": "1 2",
  "13.4": "1 2 3 4 5",
  "14.1": "1 2",
  "14.2": "1 2 3 4",
  "14.3": "1 2 3",
  "15.1": "1 2 3",
  "15.2": "1 2 3",
  "15.3": "1 2 3 4 5 6 7",
  "16.1": "1",
  "16.2": "1 2 3 4 5",
  "16.3": "1 2 3 4",
  "16.4": "1 2 3",
  "16.5": "1 2 3",
  "17.1": "1",
  "17.2": "1 2 3 4",
  "17.3": "1 2",
};
/** Sections of which the text says that they do not apply, or how they are met as a whole. */
const WHOLE = /^(5\.[1-4]|10\.[3467]|17\.[1-3])$/;

const document = readFileSync(new URL("../../../../../docs/security.md", import.meta.url), "utf8");

test("each requirement of ASVS levels 1 and 2 stands in docs/security.md", () => {
  const named = namedIn(document);
  const missing = Object.entries(REQUIREMENTS).flatMap(([section, numbers]) =>
    WHOLE.test(section)
      ? []
      : numbers
          .split(" ")
          .map((number) => `${section}.${number}`)
          .filter((id) => !named.has(id)),
  );
  assert.deepEqual(missing, []);
});

/** `1.2.3`, and all of `1.2.3 to 1.2.5` and `1.2.3 to 1.3.1`, in the first column of the tables. */
function namedIn(text: string): ReadonlySet<string> {
  const all = Object.entries(REQUIREMENTS).flatMap(([section, numbers]) =>
    numbers.split(" ").map((number) => `${section}.${number}`),
  );
  const found = new Set<string>();
  for (const [, cell = ""] of text.matchAll(/^\| ([^|]*) \|/gm)) {
    for (const [id] of cell.matchAll(/\d+\.\d+\.\d+/g)) found.add(id);
    for (const [, from = "", to = ""] of cell.matchAll(/(\d+\.\d+\.\d+) to (\d+\.\d+\.\d+)/g))
      for (const id of all) if (order(id) >= order(from) && order(id) <= order(to)) found.add(id);
  }
  return found;
}

function order(id: string): number {
  return id.split(".").reduce((sum, part) => sum * 100 + Number(part), 0);
}
