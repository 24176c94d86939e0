/** `1.2.3.4:80` or `[::1]:80`. */
export function printAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
