/**
 * For whoever works on a difference: generates clusters, runs both proxies and prints the routes whose hosts differ.
 *
 *     node test/conformance/src/generated-clusters/show-clusters.ts [seed] [--clusters=40] [--most=10]
 */
import { clusterDifferences, tellClusters } from "./compare-clusters.ts";

const option = (name: string, otherwise: number): number =>
  Number(process.argv.find((arg) => arg.startsWith(`--${name}=`))?.slice(name.length + 3) ?? otherwise);
const { generated, differences } = await clusterDifferences(
  Number(process.argv[2] ?? 1),
  option("clusters", 40),
);
console.log(tellClusters(generated, differences, option("most", 10)));
