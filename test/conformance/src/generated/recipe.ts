/** What a request needs to come to a route: for whoever makes requests. */
export interface RouteRecipe {
  readonly paths: readonly string[];
  readonly method?: string;
  /** Each header with values of which one will do. */
  readonly headers: readonly NamedValues[];
  readonly query: readonly NamedValues[];
  readonly cookies: readonly NamedValues[];
}

export interface NamedValues {
  readonly name: string;
  readonly values: readonly string[];
}

/** One virtual host's part in requests. */
export interface HostRecipe {
  readonly listener: string;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly routes: readonly RouteRecipe[];
}
