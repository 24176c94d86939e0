import type { Directive } from "./directive.ts";
import type { NginxNotes } from "./nginx-notes.ts";

/** nginx's variables as Envoy's command operators, where they mean the same. */
const VARIABLES: Readonly<Record<string, string>> = {
  $host: "%REQ(:AUTHORITY)%",
  $http_host: "%REQ(:AUTHORITY)%",
  $remote_addr: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  $remote_port: "%DOWNSTREAM_REMOTE_PORT%",
  $request_method: "%REQ(:METHOD)%",
  $request_uri: "%REQ(:PATH)%",
  $scheme: "%REQ(:SCHEME)%",
  $server_addr: "%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%",
  $server_port: "%DOWNSTREAM_LOCAL_PORT%",
  $server_protocol: "%PROTOCOL%",
  $request_id: "%REQ(X-REQUEST-ID)%",
};

/** A header's value with its variables; undefined when one has no counterpart. */
function formatOf(text: string): string | undefined {
  let known = true;
  const value = text.replaceAll("%", "%%").replace(/\$\{?([A-Za-z0-9_]+)\}?/g, (_whole, name: string) => {
    const header = /^http_(.+)$/.exec(name)?.[1];
    const found =
      VARIABLES[`$${name}`] ?? (header === undefined ? undefined : `%REQ(${header.replaceAll("_", "-")})%`);
    if (found === undefined) known = false;
    return found ?? "";
  });
  return known ? value : undefined;
}

export interface RequestHeaders {
  /** What `Host` the upstream gets; undefined: the client's own. */
  readonly host: string | undefined;
  readonly add: readonly object[];
  readonly remove: readonly string[];
  readonly websocket: boolean;
}

/** `proxyHost`: what nginx sends as `Host` when nobody says otherwise. */
export function requestHeaders(
  directives: readonly Directive[],
  proxyHost: string,
  notes: NginxNotes,
): RequestHeaders {
  let host: string | undefined = proxyHost;
  let websocket = false;
  const add: object[] = [];
  const remove: string[] = [];
  for (const directive of directives) {
    const [name = "", text = ""] = directive.args;
    const lower = name.toLowerCase();
    if (lower === "host") {
      if (/^\$(?:http_)?host(?::\$server_port)?$/.test(text)) {
        host = undefined;
        if (text !== "$host")
          notes.add("differs", directive, "the upstream gets the client's Host without its port");
      } else if (text === "$proxy_host") host = proxyHost;
      else if (!text.includes("$")) host = text;
      else
        notes.add(
          "not_understood",
          directive,
          "this Host is not carried over: the upstream gets its own name",
        );
    } else if (lower === "upgrade" || lower === "connection") {
      if (lower === "upgrade" && text === "$http_upgrade") websocket = true;
    } else if (lower === "x-forwarded-for" || lower === "x-forwarded-proto") {
      // The connection manager sets both by itself.
      if (!/^\$(?:proxy_add_x_forwarded_for|remote_addr|scheme|http_x_forwarded_(?:for|proto))$/.test(text))
        notes.add(
          "not_understood",
          directive,
          "Sluice sets this header by itself; another value is not carried over",
        );
    } else if (text === "") remove.push(lower);
    else {
      const value = formatOf(text);
      if (value === undefined)
        notes.add(
          "not_understood",
          directive,
          "it has a variable with no counterpart: the header is not set",
        );
      else add.push({ header: { key: name, value }, append_action: "OVERWRITE_IF_EXISTS_OR_ADD" });
    }
  }
  return { host, add, remove, websocket };
}

export function responseHeaders(directives: readonly Directive[], notes: NginxNotes): readonly object[] {
  return directives.flatMap((directive) => {
    const [key = "", text = "", always] = directive.args;
    const value = formatOf(text);
    if (value === undefined) {
      notes.add("not_understood", directive, "it has a variable with no counterpart: the header is not set");
      return [];
    }
    if (always !== "always")
      notes.add(
        "differs",
        directive,
        "the header is added to every answer, not only to successes and redirects",
      );
    return [{ header: { key, value }, append_action: "APPEND_IF_EXISTS_OR_ADD" }];
  });
}
