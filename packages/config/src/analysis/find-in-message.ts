import type { DescMessage, Message } from "@bufbuild/protobuf";
import type { ReflectMessage } from "@bufbuild/protobuf/reflect";
import type { Cluster } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import { Cluster_DiscoveryType } from "@sluice/xds/gen/envoy/config/cluster/v3/cluster_pb.js";
import type { Address } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import { SocketAddress_Protocol } from "@sluice/xds/gen/envoy/config/core/v3/address_pb.js";
import {
  type ConfigSource,
  ConfigSourceSchema,
} from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import type { Listener } from "@sluice/xds/gen/envoy/config/listener/v3/listener_pb.js";
import { KIND_TYPES } from "../contract.ts";
import type { Analysis } from "./analysis.ts";
import { REFERENCE_FIELDS } from "./reference-fields.ts";
import { walkMessage } from "./walk-message.ts";

type Found = Pick<Analysis, "references" | "extensions" | "addresses">;

/** What a resource's message says that matters to other resources and to nodes; without positions. */
export function findInMessage(schema: DescMessage, root: Message): Found {
  const references: Analysis["references"][number][] = [];
  const extensions = new Map<string, string>();
  const addresses: Analysis["addresses"][number][] = [];
  walkMessage(schema, root, {
    extension(type, path) {
      if (!extensions.has(type)) extensions.set(type, path);
    },
    message(message, path) {
      const fields = REFERENCE_FIELDS[message.desc.typeName];
      if (fields !== undefined && !isElsewhere(message)) {
        for (const [field, kind] of Object.entries(fields)) {
          for (const at of namesIn(message, field, path)) references.push({ ...at, kind });
        }
      }
      if (message.desc.typeName === KIND_TYPES.clusters) {
        const cluster = edsName(message.message as Cluster);
        if (cluster !== undefined)
          references.push({ path: "eds_cluster_config", kind: "endpoints", name: cluster });
      }
      if (message.desc.typeName === KIND_TYPES.listeners)
        addresses.push(...boundBy(message.message as Listener));
    },
  });
  return { references, extensions: [...extensions].map(([type, path]) => ({ path, type })), addresses };
}

function namesIn(
  message: ReflectMessage,
  fieldName: string,
  path: string,
): readonly { readonly path: string; readonly name: string }[] {
  const field = message.desc.fields.find(({ name }) => name === fieldName);
  if (field === undefined || !message.isSet(field)) return [];
  const here = path === "" ? fieldName : `${path}.${fieldName}`;
  const value: unknown = message.get(field);
  if (typeof value === "string") return value === "" ? [] : [{ path: here, name: value }];
  if (field.fieldKind !== "list") return [];
  return Array.from(message.get(field), (name, index) => ({ path: `${here}[${index}]`, name: String(name) }));
}

/** The ClusterLoadAssignment that a cluster asks for by EDS. */
function edsName(cluster: Cluster): string | undefined {
  if (cluster.clusterDiscoveryType.case !== "type") return undefined;
  if (cluster.clusterDiscoveryType.value !== Cluster_DiscoveryType.EDS) return undefined;
  if (comesFromElsewhere(cluster.edsClusterConfig?.edsConfig)) return undefined;
  return cluster.edsClusterConfig?.serviceName || cluster.name;
}

/** RDS and SDS may be told to ask a file or another server: then the name is none of ours. */
function isElsewhere(message: ReflectMessage): boolean {
  const source = message.desc.fields.find(
    ({ message: type }) => type?.typeName === ConfigSourceSchema.typeName,
  );
  if (source === undefined || source.fieldKind !== "message" || !message.isSet(source)) return false;
  return comesFromElsewhere(message.get(source).message as ConfigSource);
}

function comesFromElsewhere(source: ConfigSource | undefined): boolean {
  const specifier = source?.configSourceSpecifier.case;
  return specifier === "path" || specifier === "pathConfigSource" || specifier === "apiConfigSource";
}

function boundBy(listener: Listener): Analysis["addresses"] {
  const found: Analysis["addresses"][number][] = [];
  const add = (address: Address | undefined, path: string) => {
    const key = addressKey(address);
    if (key !== undefined) found.push({ path, key });
  };
  if (listener.bindToPort?.valueOf() === false) return found;
  add(listener.address, "address");
  listener.additionalAddresses.forEach(({ address }, index) => {
    add(address, `additional_addresses[${index}].address`);
  });
  return found;
}

/** Port 0 takes any free one and so never collides. */
function addressKey(address: Address | undefined): string | undefined {
  const bound = address?.address;
  if (bound?.case === "pipe") return `pipe ${bound.value.path}`;
  if (bound?.case !== "socketAddress" || bound.value.portSpecifier.case !== "portValue") return undefined;
  const port = bound.value.portSpecifier.value;
  const protocol = bound.value.protocol === SocketAddress_Protocol.UDP ? "udp" : "tcp";
  return port === 0 ? undefined : `${protocol} ${bound.value.address}:${port}`;
}
