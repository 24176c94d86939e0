import { writeFileSync } from "node:fs";
import { Session } from "node:inspector";

export type ProfileKind = "cpu" | "heap";

/** V8's profilers of one thread; a profile goes to a file that Chrome's developer tools open. */
export class Profiler {
  readonly #thread: string;
  readonly #sessions = new Map<ProfileKind, Session>();

  /** `thread` is part of the files' names: `main`, `worker_0`. */
  constructor(thread: string) {
    this.#thread = thread;
  }

  /** Answers what is wrong. */
  start(kind: ProfileKind): readonly string[] {
    if (this.#sessions.has(kind)) return [`${this.#thread}: already running`];
    const session = new Session();
    session.connect();
    this.#sessions.set(kind, session);
    if (kind === "cpu") {
      session.post("Profiler.enable");
      session.post("Profiler.start");
    } else session.post("HeapProfiler.startSampling");
    return [];
  }

  /** Ends it and writes `<path>.<thread>.cpuprofile` or `.heapprofile`; answers what is wrong. */
  stop(kind: ProfileKind, path: string): Promise<readonly string[]> {
    const session = this.#sessions.get(kind);
    this.#sessions.delete(kind);
    if (session === undefined) return Promise.resolve([]);
    return new Promise((resolve) => {
      const save = (error: Error | null, result: { readonly profile: unknown } | undefined): void => {
        session.disconnect();
        resolve(error === null ? this.#write(kind, path, result?.profile) : [error.message]);
      };
      if (kind === "cpu") session.post("Profiler.stop", save);
      else session.post("HeapProfiler.stopSampling", save);
    });
  }

  #write(kind: ProfileKind, path: string, profile: unknown): readonly string[] {
    try {
      writeFileSync(`${path}.${this.#thread}.${kind}profile`, JSON.stringify(profile));
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  }
}
