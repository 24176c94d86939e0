import { freePort, startProcess, waitFor } from "@sluice/harness";
import { buildPebbleTool } from "./start-pebble.ts";

/** Pebble's name server for tests: every name is at 127.0.0.1, and has the TXT records that were set. */
export interface TestDnsServer {
  /** `127.0.0.1:port`. */
  readonly address: string;
  setText(name: string, value: string): Promise<void>;
  clearText(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function startDnsServer(): Promise<TestDnsServer> {
  const binary = await buildPebbleTool("pebble-challtestsrv");
  const [port, management] = [await freePort(), await freePort()];
  const address = `127.0.0.1:${port}`;
  const running = await startProcess(
    binary,
    [
      ...["-dns01", address, "-management", `127.0.0.1:${management}`, "-defaultIPv6", ""],
      ...["-doh", "", "-http01", "", "-https01", "", "-tlsalpn01", ""],
    ],
    {},
  );
  const manage = async (action: string, body: object) => {
    const answer = await fetch(`http://127.0.0.1:${management}/${action}`, {
      method: "POST",
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${action}: ${answer.status}`);
  };
  await waitFor("the name server to listen", () => {
    if (running.exit() !== undefined) throw new Error(running.output());
    return manage("clear-txt", { host: "nothing.example." }).then(
      () => true,
      () => false,
    );
  });
  return {
    address,
    setText: (host, value) => manage("set-txt", { host, value }),
    clearText: (host) => manage("clear-txt", { host }),
    close: () => running.stop(),
  };
}
