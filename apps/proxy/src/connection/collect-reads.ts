import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** V8 begins a collection of the whole heap when 64 MiB outside of it have been taken since the last one; some are in use. */
const READ_BYTES_MAX = 8 * 1024 * 1024;

type Collect = (options: { readonly type: "minor"; readonly execution: "sync" }) => void;

let readBytes = 0;
let collect: Collect | undefined;

/**
 * Told of each chunk that a socket reads. Chunks lie outside of V8's heap and are dead soon, but large ones reach V8's limit
 * long before the few objects of their reads fill the young generation. So that is collected in time, which takes about a
 * millisecond; marking the whole heap for every 64 MiB cost as much as proxying them. One per thread (module state).
 */
export function noteRead(bytes: number): void {
  readBytes += bytes;
  if (readBytes < READ_BYTES_MAX) return;
  readBytes = 0;
  collect ??= exposeCollect();
  collect({ type: "minor", execution: "sync" });
}

function exposeCollect(): Collect {
  setFlagsFromString("--expose-gc");
  return asCollect(runInNewContext("gc"));
}

/** With `--expose-gc` each new context has it. */
function asCollect(gc: unknown): Collect {
  return gc as Collect;
}
