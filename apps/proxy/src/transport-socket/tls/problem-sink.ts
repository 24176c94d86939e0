import type { Problem } from "@sluice/extension-api";
import type { DataSource } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { dataSourceBytes } from "../../config-message/read-data-source.ts";

/** Collects what is wrong below one path of a configuration. */
export class ProblemSink {
  readonly problems: Problem[];
  readonly path: string;

  constructor(path: string, problems: Problem[] = []) {
    this.path = path;
    this.problems = problems;
  }

  at(field: string): ProblemSink {
    return new ProblemSink(this.path === "" ? field : `${this.path}.${field}`, this.problems);
  }

  add(message: string): void {
    this.problems.push({ path: this.path, message, severity: "error" });
  }

  /** The source's bytes; a problem is collected at this path. */
  read(source: DataSource | undefined): Buffer | undefined {
    const result = dataSourceBytes(source);
    if ("bytes" in result) return result.bytes;
    this.add(result.problem);
    return undefined;
  }
}
