export interface Upstream {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port` or a pasted `http://host[:port]/…`; undefined for anything else. */
export function parseUpstream(text: string): Upstream | undefined {
  const bare = /^\[?([^\s/[\]]+?)\]?:(\d{1,5})$/.exec(text);
  if (bare?.[1] !== undefined && bare[2] !== undefined) {
    const port = Number(bare[2]);
    // Two colons without brackets are an address without a port.
    if (bare[1].includes(":") && !text.startsWith("[")) return undefined;
    return port > 0 && port < 65536 ? { host: bare[1], port } : undefined;
  }
  const url = /^https?:\/\//.test(text) ? URL.parse(text) : null;
  if (!url?.hostname) return undefined;
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port };
}
