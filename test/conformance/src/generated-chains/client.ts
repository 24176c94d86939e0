import { connect } from "node:net";
import { clientHello } from "../client-hello.ts";
import type { Dice } from "../generated/dice.ts";
import { IPV4, IPV6, PORTS, PROTOCOLS, SERVER_NAMES } from "./facts.ts";

/** One connection to be made. */
export interface Client {
  readonly id: string;
  readonly listener: string;
  /** What it is, in words. */
  readonly told: string;
  readonly sends: Uint8Array;
  readonly localAddress: string;
}

export interface SeenClient {
  readonly localPort: number;
  readonly received: string;
  readonly ended: boolean;
}

export function makeClient(dice: Dice, listener: string, id: string, proxied: boolean): Client {
  const told: string[] = [];
  const parts: Uint8Array[] = [];
  const add = ([words, bytes]: readonly [string, Uint8Array]): void => {
    told.push(words);
    parts.push(bytes);
  };
  if (dice.chance(proxied ? 0.9 : 0.05)) add(dice.chance(0.5) ? version1(dice) : version2(dice));
  add(dice.chance(0.65) ? hello(dice) : plain(dice));
  const localAddress = dice.pick(["127.0.0.1", "127.0.0.1", "127.0.0.2"]);
  return {
    id,
    listener,
    told: `from ${localAddress}: ${told.join(", ")}`,
    sends: Buffer.concat(parts),
    localAddress,
  };
}

function hello(dice: Dice): readonly [string, Uint8Array] {
  const name = dice.chance(0.85) ? dice.pick(SERVER_NAMES) : undefined;
  const protocols = dice.chance(0.6) ? dice.some(PROTOCOLS, 2) : [];
  return [`TLS ${name ?? "-"} ${JSON.stringify(protocols)}`, clientHello(name, protocols)];
}

const PLAIN: readonly string[] = [
  "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  "own words\r\n\r\n",
];
function plain(dice: Dice): readonly [string, Uint8Array] {
  const text = dice.pick(PLAIN);
  return [JSON.stringify(text), Buffer.from(text)];
}

interface Ends {
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  readonly version: 4 | 6;
}
function ends(dice: Dice): Ends {
  const version = dice.chance(0.75) ? 4 : 6;
  const addresses: readonly string[] = version === 4 ? IPV4 : IPV6;
  return {
    version,
    from: dice.pick(addresses),
    to: dice.pick(addresses),
    fromPort: dice.pick([1000, 2000, 3000]),
    toPort: dice.pick(PORTS),
  };
}

function version1(dice: Dice): readonly [string, Uint8Array] {
  if (dice.chance(0.1)) return ["PROXY UNKNOWN", Buffer.from("PROXY UNKNOWN\r\n")];
  const { version, from, to, fromPort, toPort } = ends(dice);
  const line = `PROXY TCP${version} ${from} ${to} ${fromPort} ${toPort}`;
  return [line, Buffer.from(`${line}\r\n`)];
}

const SIGNATURE = Buffer.from([0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]);
function version2(dice: Dice): readonly [string, Uint8Array] {
  if (dice.chance(0.1)) return ["PROXY/2 LOCAL", Buffer.concat([SIGNATURE, Buffer.from([0x20, 0, 0, 0])])];
  const { version, from, to, fromPort, toPort } = ends(dice);
  const octets = version === 4 ? ipv4Octets : ipv6Octets;
  const rest = [...octets(from), ...octets(to), fromPort >> 8, fromPort & 255, toPort >> 8, toPort & 255];
  const head = Buffer.from([0x21, version === 4 ? 0x11 : 0x21, rest.length >> 8, rest.length & 255, ...rest]);
  return [`PROXY/2 ${from} ${to} ${fromPort} ${toPort}`, Buffer.concat([SIGNATURE, head])];
}

const ipv4Octets = (address: string): number[] => address.split(".").map(Number);

function ipv6Octets(address: string): number[] {
  const [head = "", tail = ""] = address.split("::");
  const words = (text: string): number[] =>
    text === "" ? [] : text.split(":").map((word) => Number.parseInt(word, 16));
  const [before, behind] = [words(head), words(tail)];
  const all = [...before, ...Array<number>(8 - before.length - behind.length).fill(0), ...behind];
  return all.flatMap((word) => [word >> 8, word & 255]);
}

/** Sends, and reads until the other side ends it, at most 4 s. */
export function runClient({ sends, localAddress }: Client, port: number): Promise<SeenClient> {
  return new Promise((resolve) => {
    let received = "";
    let ended = false;
    let localPort = 0;
    const socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    const timer = setTimeout(() => socket.destroy(), 4_000);
    socket.on("connect", () => {
      localPort = socket.localPort ?? 0;
      socket.write(sends);
    });
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    // A reset: what was not read of the connection.
    socket.on("error", () => {
      ended = true;
    });
    socket.on("end", () => {
      ended = true;
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve({ localPort, received, ended });
    });
  });
}
