import { TYPE_URLS } from "../type-urls.ts";

/**
 * What a stream sends first when several types are due: what others refer to before what refers to it, so that nothing is
 * used before it is there (xDS protocol, "Eventual consistency considerations").
 */
const SEND_ORDER: readonly string[] = [
  TYPE_URLS.cluster,
  TYPE_URLS.endpoint,
  TYPE_URLS.secret,
  TYPE_URLS.extensionConfig,
  TYPE_URLS.listener,
  TYPE_URLS.scopedRoute,
  TYPE_URLS.route,
  TYPE_URLS.virtualHost,
];

export function sendRank(typeUrl: string): number {
  const found = SEND_ORDER.indexOf(typeUrl);
  return found < 0 ? SEND_ORDER.length : found;
}

/** These refer to clusters: they wait for the ACK of a cluster update. */
export const CLUSTER_USERS: readonly string[] = [
  TYPE_URLS.listener,
  TYPE_URLS.scopedRoute,
  TYPE_URLS.route,
  TYPE_URLS.virtualHost,
  TYPE_URLS.extensionConfig,
];

/** Which types may refer to one: what is gone of it is taken from a node only after they were replaced there. */
export const REFERRERS: ReadonlyMap<string, readonly string[]> = new Map([
  [TYPE_URLS.cluster, CLUSTER_USERS],
  [TYPE_URLS.endpoint, [TYPE_URLS.cluster]],
  [TYPE_URLS.secret, [TYPE_URLS.cluster, TYPE_URLS.listener]],
  [TYPE_URLS.extensionConfig, [TYPE_URLS.listener, TYPE_URLS.scopedRoute, TYPE_URLS.route]],
  [TYPE_URLS.scopedRoute, [TYPE_URLS.listener]],
  [TYPE_URLS.route, [TYPE_URLS.listener, TYPE_URLS.scopedRoute]],
  [TYPE_URLS.virtualHost, [TYPE_URLS.route]],
]);
