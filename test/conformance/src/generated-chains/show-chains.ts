/**
 * For whoever works on a difference: generates listeners, runs both proxies and prints the connections that differ.
 *
 *     node test/conformance/src/generated-chains/show-chains.ts [seed] [--listeners=20] [--clients=20] [--most=10]
 */
import { chainDifferences, tellChains } from "./compare-chains.ts";

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);
const size = { listeners: option("listeners", 20), clientsEach: option("clients", 20) };
const { generated, differences } = await chainDifferences(Number(process.argv[2] ?? 1), size);
console.log(tellChains(generated, differences, option("most", 10)));
