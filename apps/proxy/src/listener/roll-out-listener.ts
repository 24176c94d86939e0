import type { WorkerOutcome } from "../worker/worker-outcome.ts";
import type { ListenerCommand } from "./listener-command.ts";
import type { ListenerSpec } from "./listener-spec.ts";

/** Where workers are told of listeners. */
export interface ListenerWorkers {
  readonly concurrency: number;
  send(workerIndex: number, command: ListenerCommand): Promise<WorkerOutcome>;
}

/**
 * Takes a listener into service on every worker. The first one learns the ports that the system chooses, by socket key, and
 * tells them by `onPorts`; then the others listen on the same. Answers what went wrong.
 */
export async function rollOutListener(
  spec: ListenerSpec,
  workers: ListenerWorkers,
  onPorts: (ports: Readonly<Record<string, number>>) => void,
): Promise<readonly string[]> {
  const first = await workers.send(0, { type: "listener", spec });
  if (first.problems.length > 0) return first.problems;
  onPorts(first.ports);
  const resolved = withPorts(spec, first.ports);
  const others = await Promise.all(
    Array.from({ length: workers.concurrency - 1 }, (_, index) =>
      workers.send(index + 1, { type: "listener", spec: resolved }),
    ),
  );
  return others.flatMap((outcome) => outcome.problems);
}

/** With the ports that the system chose in place of 0. */
export function withPorts(spec: ListenerSpec, ports: Readonly<Record<string, number>>): ListenerSpec {
  return {
    ...spec,
    sockets: spec.sockets.map((socket) =>
      socket.kind === "tcp" && socket.port === 0 ? { ...socket, port: ports[socket.key] ?? 0 } : socket,
    ),
  };
}
