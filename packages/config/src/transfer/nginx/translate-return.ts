import type { Directive } from "./directive.ts";

const REDIRECTS: Readonly<Record<string, string>> = {
  301: "MOVED_PERMANENTLY",
  302: "FOUND",
  303: "SEE_OTHER",
  307: "TEMPORARY_REDIRECT",
  308: "PERMANENT_REDIRECT",
};

/** A route of the API, but for what is decided by the listener. */
export interface Route {
  readonly match: object;
  readonly redirect?: object;
  /** It redirects to a path alone, which nginx completes with scheme, name and port. */
  readonly completed?: boolean;
}

/** A route's action for `return`, or why there is none. */
export function actionOfReturn({ args }: Directive): object | string {
  const [code = "", text] = args.length === 1 && !/^\d{3}$/.test(args[0] ?? "") ? ["302", args[0]] : args;
  const status = Number(code);
  const responseCode = REDIRECTS[code];
  if (responseCode !== undefined)
    return text === undefined ? "a redirect needs an address" : redirect(text, responseCode);
  if (!/^\d{3}$/.test(code) || status < 200 || status > 599 || status === 444)
    return `an answer of ${code} has no counterpart`;
  if (text === undefined) return { direct_response: { status } };
  if (text.includes("$")) return "its text has variables";
  return { direct_response: { status, body: { inline_string: text } } };
}

/** Addresses whose parts are either the request's own or fixed. */
function redirect(text: string, responseCode: string): object | string {
  const match =
    /^(?:(https?|\$scheme):\/\/([^/$]+|\$host|\$http_host|\$server_name)(?::(\d+))?)?(\/[^$]*|\$request_uri|\$uri)?$/.exec(
      text,
    );
  if (match === null) return "its address has parts that a redirect cannot be made of";
  const [, scheme, host, port, path] = match;
  if (host === "$server_name") return "$server_name in an address has no counterpart";
  return {
    ...(host === undefined ? { completed: true } : {}),
    redirect: {
      ...(scheme === "https"
        ? { https_redirect: true }
        : scheme === "http"
          ? { scheme_redirect: "http" }
          : {}),
      ...(host === undefined || host.startsWith("$") ? {} : { host_redirect: host }),
      ...(port === undefined ? {} : { port_redirect: Number(port) }),
      ...(path === undefined
        ? host === undefined
          ? {}
          : fixedPath("/")
        : path.startsWith("$")
          ? {}
          : fixedPath(path)),
      response_code: responseCode,
    },
  };
}

/** nginx adds no query of the request's. */
function fixedPath(path: string): object {
  return { path_redirect: path, ...(path.includes("?") ? {} : { strip_query: true }) };
}
