import type { Random, StatsScope } from "@sluice/extension-api";
import type { Discovery } from "./cluster-config.ts";
import type { EndpointSpec } from "./compile-endpoints.ts";
import { DnsPoller, FailureBackOff, type Resolve } from "./dns-discovery.ts";
import type { EndpointTaker } from "./endpoint-taker.ts";
import { printAddress } from "./print-address.ts";

export interface ResolvingSurroundings {
  /** `cluster.<name>.` */
  readonly stats: StatsScope;
  readonly resolve: Resolve;
  readonly random: Random;
}

/** DNS: a cluster's endpoints are what the names of `endpoints` stand for, asked again and again. Answers how to end it. */
export function resolveEndpoints(
  discovery: Extract<Discovery, { readonly kind: "strict_dns" | "logical_dns" }>,
  endpoints: readonly EndpointSpec[],
  { stats, resolve, random }: ResolvingSurroundings,
  taker: EndpointTaker,
): () => void {
  if (endpoints.length === 0 || !discovery.waitForWarm) taker.settle();
  const backOff = new FailureBackOff(discovery, random);
  const found: (readonly EndpointSpec[])[] = endpoints.map(() => []);
  const pollers: DnsPoller[] = [];
  // As Envoy: the first name that is looked up, well or not, takes the cluster into service, with what is known by then.
  const settle = (): void => taker.take(found.flat());
  endpoints.forEach((endpoint, index) => {
    const { connectTo } = endpoint;
    if ("path" in connectTo) {
      found[index] = [endpoint];
      settle();
      return;
    }
    const poller = new DnsPoller(
      connectTo.host,
      discovery,
      {
        onAttempt: () => stats.counter("update_attempt").inc(),
        onFailure: () => {
          stats.counter("update_failure").inc();
          if (!taker.initialized()) settle();
        },
        onSuccess: (addresses) => {
          stats.counter("update_success").inc();
          found[index] = hostsOf(endpoint, addresses, connectTo.port, discovery.kind === "logical_dns");
          settle();
        },
      },
      resolve,
      random,
      backOff,
    );
    pollers.push(poller);
    poller.start();
  });
  return () => {
    for (const poller of pollers) poller.stop();
  };
}

/** Each address is a host; or, `together`, all of them are one's, whose priority does not count. */
function hostsOf(
  endpoint: EndpointSpec,
  addresses: readonly string[],
  port: number,
  together: boolean,
): readonly EndpointSpec[] {
  const at = (
    host: string,
  ): Pick<EndpointSpec, "address"> & { connectTo: { host: string; port: number } } => ({
    address: printAddress(host, port),
    connectTo: { host, port },
  });
  if (!together) return addresses.map((host) => ({ ...endpoint, ...at(host) }));
  const [first = "", ...others] = addresses;
  const { observabilityName: _own, ...nameless } = endpoint;
  const { address, connectTo } = at(first);
  return [
    {
      ...nameless,
      address,
      connectTo: others.length === 0 ? connectTo : { ...connectTo, others },
      priority: 0,
    },
  ];
}
