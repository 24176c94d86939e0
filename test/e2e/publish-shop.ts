import { type Api, publishAndWait } from "./api.ts";

export interface Shop {
  readonly listenerPort: number;
  readonly upstreamPort: number;
}

const clusterYaml = (name: string, port: number): string => `name: ${name}
type: STATIC
connect_timeout: 1s
load_assignment:
  cluster_name: ${name}
  endpoints:
    - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }
`;

const routesYaml = (name: string): string => `name: ${name}
virtual_hosts:
  - name: shop.example
    domains: [shop.example, "shop.example:*"]
    routes:
      - match: { prefix: /items }
        route: { cluster: catalog }
      - match: { prefix: /cart }
        route: { cluster: cart }
      - match: { prefix: /checkout }
        route:
          weighted_clusters:
            clusters:
              - { name: checkout, weight: 80 }
              - { name: checkout-next, weight: 20 }
      - match: { prefix: / }
        route: { cluster: web }
`;

/** Puts several clusters behind the first route's listener, so that the pages have something to show. */
export async function publishShop(api: Api, { listenerPort, upstreamPort }: Shop): Promise<void> {
  const { draft } = api.client;
  const routes = `http-${listenerPort}`;
  for (const name of ["catalog", "cart", "checkout", "checkout-next", "web"])
    await draft.put.mutate({ kind: "clusters", yaml: clusterYaml(name, upstreamPort) });
  const { revision } = await draft.get.query({ kind: "routes", name: routes });
  await draft.put.mutate({
    kind: "routes",
    name: routes,
    yaml: routesYaml(routes),
    expectedRevision: revision,
  });
  const first = { kind: "clusters", name: `127-0-0-1-${upstreamPort}` } as const;
  await draft.remove.mutate({ ...first, expectedRevision: (await draft.get.query(first)).revision });
  await publishAndWait(api, "Split the shop by path, 20% of checkouts to the next one");
}
