import { createWriteStream, type WriteStream } from "node:fs";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { CidrSet, parseCidr } from "@sluice/matching";
import type { CidrRange } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import type { TlsKeyLog } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.js";
import { logPathProblem } from "../../config-message/check-log-path.ts";
import type { ProblemSink } from "./problem-sink.ts";

/** Whoever reads it reads the traffic. */
const FILE_MODE = 0o600;

/** Files of this thread by path, each opened at its first line; they stay open. */
const files = new Map<string, WriteStream>();

/** `TlsKeyLog`: session keys, so that captured traffic can be read (NSS key log format). */
export class KeyLog {
  private readonly path: string;
  private readonly local: CidrSet | undefined;
  private readonly remote: CidrSet | undefined;

  constructor(config: TlsKeyLog, sink: ProblemSink) {
    this.path = config.path;
    const problem = logPathProblem(config.path, FILE_MODE);
    if (problem !== undefined) sink.at("path").add(problem);
    this.local = ranges(config.localAddressRange, sink.at("local_address_range"));
    this.remote = ranges(config.remoteAddressRange, sink.at("remote_address_range"));
  }

  /** To be called before the handshake begins; `raw` is the connected socket below. */
  watch(socket: TLSSocket, raw: Socket): void {
    if (this.local?.has(raw.localAddress ?? "") === false) return;
    if (this.remote?.has(raw.remoteAddress ?? "") === false) return;
    socket.on("keylog", (line: Buffer) => fileAt(this.path).write(line));
  }
}

function fileAt(path: string): WriteStream {
  let file = files.get(path);
  if (file === undefined) {
    file = createWriteStream(path, { flags: "a", mode: FILE_MODE });
    // A key log that cannot be written costs no connection.
    file.on("error", () => {});
    files.set(path, file);
  }
  return file;
}

/** Undefined: every address. */
function ranges(configs: readonly CidrRange[], sink: ProblemSink): CidrSet | undefined {
  if (configs.length === 0) return undefined;
  const blocks = configs.flatMap((config, index) => {
    const parsed = parseCidr(config, `${sink.path}[${index}]`);
    if (parsed.ok) return parsed.value;
    sink.problems.push(...parsed.problems);
    return [];
  });
  return new CidrSet(blocks);
}
