/** The page to go to after signing in: only ever one of ours, whatever the link said. */
export function localPath(next: string): string {
  const base = "http://local";
  const url = next.startsWith("/") ? URL.parse(next, base) : null;
  return url?.origin === base ? `${url.pathname}${url.search}${url.hash}` : "/";
}
