import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import {
  type DataPlaneCheck,
  type DataPlaneQuestion,
  type DataPlaneVerdict,
  KIND_TYPES,
  RESOURCE_KINDS,
  type ResourceProblem,
} from "@sluice/config";
import { renderBootstrap } from "@sluice/control/bootstrap";
import type { Logger } from "pino";

export interface ValidatingProxyOptions {
  /** The proxy's `main.ts`, run by this very Node. */
  readonly proxyMain: string;
  readonly log: Logger;
  /** Default 20 s: how long one draft may take, the proxy's start included. */
  readonly deadlineMs?: number;
}

export interface ValidatingProxy extends DataPlaneCheck {
  close(): Promise<void>;
}

const DEADLINE_MS = 20_000;
const STDERR_KEPT = 2_000;

interface Answer {
  readonly id: number;
  readonly problems: readonly {
    readonly type: string;
    readonly name: string;
    readonly path: string;
    readonly message: string;
  }[];
}

/**
 * The data plane as a judge of drafts: a proxy in `--mode validate` that is kept running, asked over its standard input. It starts
 * at the first question; one that dies, or does not answer in time, is ended and started anew at the next question, and the
 * answer says why there was none.
 */
export function createValidatingProxy(options: ValidatingProxyOptions): ValidatingProxy {
  const deadlineMs = options.deadlineMs ?? DEADLINE_MS;
  let running: RunningProxy | undefined;
  let nextId = 1;
  let closed = false;

  return {
    async check(question) {
      if (closed) return { available: false, reason: "the server is stopping" };
      if (running === undefined || running.gone) running = startProxy(options);
      const asked = running;
      const id = nextId++;
      const answer = await asked.ask(id, lineOf(id, question), deadlineMs);
      if (typeof answer === "string") {
        options.log.warn({ reason: answer }, "a draft could not be judged by the data plane");
        asked.end();
        return { available: false, reason: answer };
      }
      return verdictOf(answer);
    },
    async close() {
      closed = true;
      running?.end();
      await running?.ended;
    },
  };
}

interface RunningProxy {
  readonly gone: boolean;
  readonly ended: Promise<void>;
  /** The answer, or why there is none. */
  ask(id: number, line: string, deadlineMs: number): Promise<Answer | string>;
  end(): void;
}

function startProxy({ proxyMain }: ValidatingProxyOptions): RunningProxy {
  const bootstrap = renderBootstrap({
    product: "sluice",
    nodeId: "validator",
    nodeCluster: "validator",
    controlHost: "127.0.0.1",
    controlPort: 1,
    adminPort: 0,
    labels: {},
  });
  const child: ChildProcessWithoutNullStreams = spawn(
    process.execPath,
    [
      proxyMain,
      ...["--mode", "validate", "--validate-stdin", "--concurrency", "1"],
      ...["--log-level", "off", "--config-yaml", bootstrap],
    ],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  const waiting = new Map<number, (answer: Answer | string) => void>();
  let gone = false;
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-STDERR_KEPT);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const answer = readAnswer(line);
    if (answer !== undefined) waiting.get(answer.id)?.(answer);
  });
  const fail = (reason: string): void => {
    gone = true;
    for (const settle of waiting.values()) settle(reason);
  };
  // Written to a process that is gone: told by its end.
  child.stdin.on("error", () => {});
  child.on("error", (error) => fail(`the proxy cannot be started: ${error.message}`));
  const ended = new Promise<void>((resolve) => {
    child.on("error", () => resolve());
    child.on("close", (code, signal) => {
      const last = said.trim().split("\n").at(-1) ?? "";
      fail(`the proxy ended (${signal ?? `exit code ${code}`})${last === "" ? "" : `: ${last}`}`);
      resolve();
    });
  });
  return {
    get gone() {
      return gone;
    },
    ended,
    ask(id, line, deadlineMs) {
      return new Promise((resolve) => {
        const settle = (answer: Answer | string): void => {
          clearTimeout(timer);
          waiting.delete(id);
          resolve(answer);
        };
        const timer = setTimeout(() => settle(`no answer within ${deadlineMs / 1000} s`), deadlineMs);
        waiting.set(id, settle);
        if (gone) settle("the proxy ended");
        else child.stdin.write(line);
      });
    },
    end() {
      gone = true;
      child.kill("SIGKILL");
    },
  };
}

function lineOf(id: number, { resources, clusters }: DataPlaneQuestion): string {
  const shown = resources.map(({ kind, name, value }) => ({
    type: KIND_TYPES[kind],
    name,
    value: Buffer.from(value).toString("base64"),
  }));
  return `${JSON.stringify({ id, clusters, resources: shown })}\n`;
}

function readAnswer(line: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isAnswer = typeof value === "object" && value !== null && "id" in value && "problems" in value;
    return isAnswer ? (value as Answer) : undefined;
  } catch {
    return undefined;
  }
}

function verdictOf({ problems }: Answer): DataPlaneVerdict {
  return {
    available: true,
    problems: problems.flatMap(({ type, name, path, message }): ResourceProblem[] => {
      const kind = RESOURCE_KINDS.find((each) => KIND_TYPES[each] === type);
      return kind === undefined
        ? []
        : [{ resource: { kind, name }, problem: { path, message, severity: "error" } }];
    }),
  };
}
