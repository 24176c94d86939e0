import type { ExplainInput, RouteTest } from "@sluice/config";

/** The Explain page with a test's request in its form. */
export function explainHref(test: RouteTest, source: ExplainInput["source"]): string {
  const query = new URLSearchParams({
    source: String(source),
    method: test.method,
    url: test.url,
    headers: test.headers.map(({ name, value }) => `${name}: ${value}`).join("\n"),
    listener: test.listener ?? "",
    ip: test.clientIp ?? "",
    sni: test.sni ?? "",
    alpn: test.alpn?.join(",") ?? "",
  });
  for (const [name, value] of [...query]) if (value === "") query.delete(name);
  return `/explain?${query}`;
}
