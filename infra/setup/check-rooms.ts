/**
 * Data flows one way through the rooms of the proxy, the directories directly below `apps/proxy/src`: what a room imports knows nothing
 * of it, at whatever distance. Imports of types count like others. Tests, and what only they use, may import anything.
 */
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Arrows that run back up, each with why; they are of types alone, so that modules load one way. The rest has no circle. This list may only get shorter: one that is not needed is to be taken
 * off, and another way is to be found for a new one (the room that owns the idea, what is asked for as a type of one's own).
 */
const BACK: readonly (readonly [from: string, to: string, why: string])[] = [
  [
    "load-balancer",
    "cluster",
    "a host that is picked belongs to a cluster, whose settings its connections have",
  ],
  ["worker", "cluster", "filters get the clusters of their thread, and clusters have filters of their own"],
];

interface Import {
  readonly file: string;
  readonly target: string;
  readonly names: string;
}

const source = fileURLToPath(new URL("../../apps/proxy/src/", import.meta.url));
const ONLY_TESTS = /\.(test|bench|fuzz)\.ts$|-fixture\.ts$|\/testing\//;
/** Imports and exports of names, augmentations, and modules that are loaded later. */
const IMPORT =
  /^(?:import|export)\s([^"'`;]*?)\sfrom\s"(\.[^"]+)"|^import\s"(\.[^"]+)"|^declare module "(\.[^"]+)"|\b(?:import|require)\("(\.[^"]+)"\)/gm;

/** By `from to`. */
const arrows = new Map<string, Import[]>();
const below = new Map<string, Set<string>>();
for (const file of globSync("**/*.ts", { cwd: source })) {
  if (ONLY_TESTS.test(file)) continue;
  const from = roomOf(file);
  for (const [, names = "", ...paths] of readFileSync(join(source, file), "utf8").matchAll(IMPORT)) {
    const target = normalize(join(dirname(file), paths.find((path) => path !== undefined) ?? "."));
    const to = roomOf(target);
    if (to === from || target.startsWith("..")) continue;
    const imports = arrows.get(`${from} ${to}`) ?? [];
    arrows.set(`${from} ${to}`, imports);
    imports.push({ file, target, names: names.replaceAll(/\s+/g, " ") });
    below.set(from, (below.get(from) ?? new Set()).add(to));
  }
}

const problems: string[] = [];
for (const [from, to] of BACK) {
  if (below.get(from)?.delete(to) !== true || wayBetween(to, from) === undefined)
    problems.push(
      `${from} → ${to} closes no circle any more: take it off the list in infra/setup/check-rooms.ts`,
    );
  for (const { file, target, names } of importsOf(from, to))
    if (!names.startsWith("type ")) problems.push(`${file}: ${names} from ${target} is to be a type import`);
}
for (let circle = findCircle(); circle !== undefined; circle = findCircle()) {
  const [from = "", to = ""] = lightestOf(circle);
  problems.push(
    `rooms in a circle: ${[...circle, circle[0]].join(" → ")}; the fewest imports are of ${from} → ${to}:`,
  );
  for (const { file, target, names } of importsOf(from, to))
    problems.push(`  ${file}: ${names} from ${target}`);
  below.get(from)?.delete(to);
}
for (const problem of problems) console.log(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

/** What stands in none belongs to the root, above all of them. */
function roomOf(file: string): string {
  return file.includes("/") ? (file.split("/")[0] ?? "") : "the root";
}

function importsOf(from: string, to: string): readonly Import[] {
  return arrows.get(`${from} ${to}`) ?? [];
}

/** A shortest one. */
function findCircle(): readonly string[] | undefined {
  let shortest: readonly string[] | undefined;
  for (const [from, rooms] of below) {
    for (const to of rooms) {
      const back = wayBetween(to, from);
      if (back !== undefined && (shortest === undefined || back.length < shortest.length)) shortest = back;
    }
  }
  return shortest;
}

/** The rooms on a shortest way, both ends included. */
function wayBetween(from: string, to: string): readonly string[] | undefined {
  const ways: string[][] = [[from]];
  const seen = new Set([from]);
  for (const way of ways) {
    const last = way.at(-1) ?? "";
    if (last === to) return way;
    for (const next of below.get(last) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

/** The arrow of a circle with the fewest imports. */
function lightestOf(circle: readonly string[]): readonly [string, string] {
  const pairs = circle.map((from, i) => [from, circle[(i + 1) % circle.length] ?? ""] as const);
  const [least = ["", ""]] = pairs.toSorted(
    ([a, b], [c, d]) => importsOf(a, b).length - importsOf(c, d).length,
  );
  return least;
}
