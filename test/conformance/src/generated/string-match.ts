import type { Dice, JsonObject } from "./dice.ts";

/** A StringMatcher with values that it takes. */
export interface MadeStringMatch {
  readonly config: JsonObject;
  readonly hits: readonly string[];
}

const WORDS = ["a", "b", "ab", "abc", "Abc", "10", "a,b", "x y", "true", "a=b", "-5", "é"];
const EXPRESSIONS: readonly (readonly [regex: string, ...hits: string[]])[] = [
  ["a.*", "a", "abc"],
  ["[ab]+", "abba", "b"],
  ["\\d+", "10", "0"],
  ["(a|b)?c$", "c", "ac"],
  ["(?i)abc", "ABC", "abc"],
  ["^$", ""],
  [".*", "", "anything"],
  ["a{2,3}", "aa", "aaa"],
  ["\\w+-\\w+", "a-b"],
];

export function stringMatch(dice: Dice, words: readonly string[] = WORDS): MadeStringMatch {
  const made = dice.one(
    () => literal("exact", dice.pick(words), (word) => [word]),
    () => literal("prefix", dice.pick(words), (word) => [word, `${word}z`]),
    () => literal("suffix", dice.pick(words), (word) => [word, `z${word}`]),
    () => literal("contains", dice.pick(words), (word) => [word, `z${word}z`]),
    (): MadeStringMatch => {
      const [regex, ...hits] = dice.pick(EXPRESSIONS);
      return { config: { safe_regex: { regex } }, hits };
    },
  );
  if ("safe_regex" in made.config || !dice.chance(0.3)) return made;
  return {
    config: { ...made.config, ignore_case: true },
    hits: [...made.hits, ...made.hits.map((hit) => hit.toUpperCase())],
  };
}

function literal(kind: string, word: string, hits: (word: string) => string[]): MadeStringMatch {
  return { config: { [kind]: word }, hits: hits(word) };
}
