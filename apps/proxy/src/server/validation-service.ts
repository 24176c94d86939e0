import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { type DescMessage, fromBinary } from "@bufbuild/protobuf";
import type { Problem } from "@sluice/extension-api";
import { validateMessage } from "@sluice/xds";
import { ClusterSchema } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { ClusterLoadAssignmentSchema } from "@sluice/xds/gen/envoy/config/endpoint/v3/endpoint_pb.js";
import { ListenerSchema } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { RouteConfigurationSchema } from "@sluice/xds/gen/envoy/config/route/v3/route_pb.js";
import { SecretSchema } from "@sluice/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js";
import type { Server } from "./server.ts";

/** One line of standard input, as JSON. */
interface Request {
  readonly id: number;
  /** Names that resources may refer to, beside the bootstrap's own clusters. */
  readonly clusters: readonly string[];
  readonly resources: readonly {
    /** Full message name: `envoy.config.cluster.v3.Cluster`. */
    readonly type: string;
    readonly name: string;
    /** The encoded message, base64. */
    readonly value: string;
  }[];
}

/** One line of standard output: what would be refused, in the words of a NACK. */
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
 * `--mode validate --validate-stdin`: stays, and judges resources as if the control plane had sent them, with the same checks;
 * nothing of them is kept or run. Reads a request a line, answers a line each in order. Resolves at the end of the input.
 */
export async function serveValidation(
  server: Server,
  input: Readable,
  write: (line: string) => void,
): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === "") continue;
    write(`${JSON.stringify(judge(server, JSON.parse(line) as Request))}\n`);
  }
}

function judge(server: Server, { id, clusters, resources }: Request): Answer {
  server.declareClusters(clusters);
  const problems = resources.flatMap(({ type, name, value }) =>
    check(server, type, Buffer.from(value, "base64"))
      .filter(({ severity }) => severity === "error")
      .map(({ path, message }) => ({ type, name, path, message })),
  );
  return { id, problems };
}

function check(server: Server, type: string, value: Uint8Array): readonly Problem[] {
  switch (type) {
    case ListenerSchema.typeName:
      return decoded(ListenerSchema, value, (listener) => server.listeners.check(listener));
    case RouteConfigurationSchema.typeName:
      return decoded(RouteConfigurationSchema, value, (routes) => server.checkRoutes(routes));
    case ClusterSchema.typeName:
      return decoded(ClusterSchema, value, (cluster) => server.clusters.check(cluster));
    case ClusterLoadAssignmentSchema.typeName:
      return decoded(ClusterLoadAssignmentSchema, value, (assignment) => server.endpoints.check(assignment));
    case SecretSchema.typeName:
      return decoded(SecretSchema, value, (secret) => server.secretManager.judge(secret));
    default:
      return [{ path: "", message: `${type} is not implemented`, severity: "error" }];
  }
}

function decoded<Desc extends DescMessage>(
  schema: Desc,
  value: Uint8Array,
  check: (message: ReturnType<typeof fromBinary<Desc>>) => readonly Problem[],
): readonly Problem[] {
  try {
    const message = fromBinary(schema, value);
    const violations = validateMessage(schema, message).filter(({ severity }) => severity === "error");
    return violations.length > 0 ? violations : check(message);
  } catch (error) {
    return [{ path: "", message: `cannot be judged: ${String(error)}`, severity: "error" }];
  }
}
