import { isScalar, type Node, type Pair, type YAMLMap } from "yaml";
import { snakeCase } from "./field-path.ts";

/** The pair of a map whose key is `name`, exactly or else in the other spelling. */
export function findPair(map: YAMLMap, name: string): Pair<Node, Node | null> | undefined {
  const pairs = map.items as Pair<Node, Node | null>[];
  const keyOf = (pair: Pair<Node, Node | null>) => (isScalar(pair.key) ? String(pair.key.value) : "");
  const folded = snakeCase(name);
  return (
    pairs.find((pair) => keyOf(pair) === name) ?? pairs.find((pair) => snakeCase(keyOf(pair)) === folded)
  );
}
