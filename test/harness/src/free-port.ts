import { createServer } from "node:net";

/** Below what Linux gives to sockets that ask for any port (`net.ipv4.ip_local_port_range`). */
const FIRST_PORT = 10_240;
const LAST_PORT = 32_767;
const TRIES_MAX = 100;

let next = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));

/**
 * A TCP port of 127.0.0.1 that nothing listens on, and that nobody gets who asks for port 0. Another caller in another
 * process may be given the same one, which is unlikely: use it only for programs that cannot be told "port 0", and as
 * a port that refuses connections.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = next;
    next = next === LAST_PORT ? FIRST_PORT : next + 1;
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port in ${TRIES_MAX} tries before ${next}`);
}

/** So many of them, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
