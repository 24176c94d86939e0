import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Handle, type PipeHandle, pipeWrap } from "./node-handles.ts";

/** Two descriptors that are connected to each other, for a `DescriptorChannel` of one thread each. */
export type DescriptorPair = readonly [fd: number, fd: number];

/**
 * Makes them on the main thread. Threads of a process share its descriptors, and whoever opens one by its number owns it: what holds
 * it here is only not to be closed, nor collected.
 */
const made: Handle[] = [];

/**
 * Opens as many pairs as are wanted: connections to a socket in a temporary directory that no other user may enter, and that is gone
 * when this resolves.
 */
export async function openDescriptorPairs(count: number): Promise<readonly DescriptorPair[]> {
  const { Pipe, PipeConnectWrap, constants } = pipeWrap;
  const directory = mkdtempSync(join(tmpdir(), "sluice-"));
  const path = join(directory, "pair");
  const server = new Pipe(constants.SERVER);
  const pairs: DescriptorPair[] = [];
  try {
    check(server.bind(path));
    check(server.listen(1));
    for (let i = 0; i < count; i++) {
      const accepted = new Promise<Handle>((resolve, reject) => {
        server.onconnection = (status, client) =>
          client === undefined ? reject(failure(status)) : resolve(client);
      });
      const connected = new Promise<PipeHandle>((resolve, reject) => {
        const pipe = new Pipe(constants.SOCKET);
        const request = new PipeConnectWrap();
        request.oncomplete = (status) => (status === 0 ? resolve(pipe) : reject(failure(status)));
        check(pipe.connect(request, path));
      });
      const ends = await Promise.all([connected, accepted]);
      made.push(...ends);
      pairs.push([ends[0].fd, ends[1].fd]);
    }
    return pairs;
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function check(status: number): void {
  if (status !== 0) throw failure(status);
}

const failure = (status: number): Error => new Error(`cannot connect two threads: error ${status}`);
