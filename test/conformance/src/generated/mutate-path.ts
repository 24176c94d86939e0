import type { Dice } from "./dice.ts";

const ODD = [
  "//",
  "/./",
  "/../",
  "%2F",
  "%5c",
  "\\",
  "%2e%2e/",
  "%2E/",
  ";p=1",
  ";",
  "%",
  "%zz",
  "%00",
  "%41",
  "%C3%A9",
  "é",
  "?",
  "#f",
  "//x",
  "..",
  ".",
  "+",
  "*",
  "|",
  "{}",
  "'",
  '"',
  "<",
];

/** A path that is a little other than the given one. */
export function mutatePath(dice: Dice, path: string): string {
  return dice.one(
    () => insert(dice, path, dice.pick(ODD)),
    () => insert(dice, path, dice.pick(ODD)),
    () => insert(dice, insert(dice, path, dice.pick(ODD)), dice.pick(ODD)),
    () => path.replaceAll("/", "//"),
    () => escapeOne(dice, path),
    () => path.toUpperCase(),
    () => `${path}/`,
    () => `${path}${dice.pick(ODD)}`,
    () =>
      dice.pick([
        "*",
        "",
        "http://absolute.test/a",
        "http://absolute.test:/",
        "ftp://",
        "%2f",
        "https://absolute.test:99/",
        "//host/a",
        "a",
        "/..",
        "/../..",
        "/%2e%2e",
      ]) || "/",
  );
}

function insert(dice: Dice, path: string, part: string): string {
  const at = 1 + dice.below(path.length);
  return path.slice(0, at) + part + path.slice(at);
}

function escapeOne(dice: Dice, path: string): string {
  const at = dice.below(path.length);
  const code = path.charCodeAt(at).toString(16).padStart(2, "0");
  return `${path.slice(0, at)}%${dice.chance(0.5) ? code : code.toUpperCase()}${path.slice(at + 1)}`;
}
