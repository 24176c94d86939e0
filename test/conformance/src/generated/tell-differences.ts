import type { Compared } from "./compare.ts";
import type { Difference } from "./differences.ts";

/** Text about differences, request by request; `details` adds the configuration and all that was seen. */
export function tellDifferences(
  compared: Compared,
  differences: readonly Difference[],
  options: { readonly most: number; readonly details?: boolean },
): string {
  const byId = [...Map.groupBy(differences, ({ id }) => id)];
  const told = byId.slice(0, options.most).map(([id, list]) => {
    const lines = list
      .slice(0, 8)
      .map(
        ({ at, expected, actual }) => `  ${at}\n    envoy  ${short(expected)}\n    sluice ${short(actual)}`,
      );
    return [`# ${id}`, ...requestLines(compared, id, options.details === true), ...lines].join("\n");
  });
  const total = `${compared.requests.size} requests, differences in ${byId.length}`;
  return [...told, total].join("\n\n");
}

function requestLines({ requests, runs, generated }: Compared, id: string, details: boolean): string[] {
  const request = requests.get(id);
  if (request === undefined) return [];
  const { protocol, method, host, path, headers, body, listener } = request;
  const [envoy] = runs;
  const route = /"ROUTE_NAME":"([^"]*)"/.exec(JSON.stringify(envoy?.seen.get(id)?.log ?? null))?.[1];
  const lines = [
    `${protocol} ${method} ${host} ${path} ${JSON.stringify(headers)} ${JSON.stringify(body)}`,
    `route: ${route ?? "none"}`,
  ];
  if (!details) return lines;
  return [
    ...lines,
    JSON.stringify(generated.virtualHosts[id.replace(/r\d+$/, "")]),
    JSON.stringify(generated.managers[listener]),
    JSON.stringify(
      runs.map(({ seen }) => seen.get(id)),
      null,
      1,
    ),
  ];
}

const short = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 400);
