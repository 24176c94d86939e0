/** Where a box leads to. Ids are `kind:name`; a route's name is `virtual host/route`, an endpoint's `cluster/address`. */
export interface BoxLinks {
  readonly configuration: string | undefined;
  readonly requests: string | undefined;
  readonly traffic: string;
}

export type BoxScope = {
  readonly kind: "listener" | "host" | "route" | "cluster" | "endpoint";
  readonly name: string;
};

/** Undefined for what is not counted by itself: downstream. */
export function scopeOfBox(id: string): BoxScope | undefined {
  const colon = id.indexOf(":");
  const kind = id.slice(0, colon);
  switch (kind) {
    case "listener":
    case "host":
    case "route":
    case "cluster":
    case "endpoint":
      return { kind, name: id.slice(colon + 1) };
    default:
      return undefined;
  }
}

export function linksOfBox(id: string): BoxLinks {
  const scope = scopeOfBox(id);
  if (scope === undefined) return { configuration: undefined, requests: "/requests", traffic: "/traffic" };
  const { kind, name } = scope;
  const traffic = `/traffic?${new URLSearchParams({ kind, name }).toString()}`;
  const cluster = name.slice(0, Math.max(0, name.lastIndexOf("/")));
  const requests = (term: string): string => `/requests?${new URLSearchParams({ q: term }).toString()}`;
  switch (kind) {
    case "listener":
      return { configuration: `/listeners/${encodeURIComponent(name)}`, requests: undefined, traffic };
    case "cluster":
      return {
        configuration: `/clusters/${encodeURIComponent(name)}`,
        requests: requests(`cluster:${name}`),
        traffic,
      };
    case "endpoint":
      return {
        configuration: `/clusters/${encodeURIComponent(cluster)}`,
        requests: requests(`cluster:${cluster}`),
        traffic,
      };
    case "host":
    case "route":
      return { configuration: "/routes", requests: undefined, traffic };
  }
}
