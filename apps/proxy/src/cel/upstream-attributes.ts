import { type CelInput, celUint } from "@bufbuild/cel";
import { create } from "@bufbuild/protobuf";
import { splitAddress } from "@sluice/matching";
import { type Locality, LocalitySchema } from "@sluice/xds/gen/envoy/config/core/v3/base_pb.js";
import { tlsAttribute } from "./connection-attributes.ts";
import { durationOf } from "./durations.ts";
import type { CelSubject } from "./expression.ts";
import { type ClusterFacts, type HostFacts, threadFacts } from "./thread-facts.ts";

/** `upstream.…`; undefined: there is none of that name, or not yet. */
export function upstreamAttribute(subject: CelSubject, name: string): CelInput | undefined {
  const { streamInfo } = subject;
  switch (name) {
    case "address":
      return streamInfo.upstreamRemoteAddress;
    case "port": {
      const port = splitAddress(streamInfo.upstreamRemoteAddress ?? "")?.port;
      return port === undefined ? undefined : BigInt(port);
    }
    case "local_address":
      return streamInfo.upstreamLocalAddress;
    case "transport_failure_reason":
      return streamInfo.upstreamRequestAttemptCount === 0
        ? undefined
        : streamInfo.upstreamTransportFailureReason;
    case "request_attempt_count":
      return celUint(BigInt(streamInfo.upstreamRequestAttemptCount));
    case "cx_pool_ready_duration":
      return durationOf(streamInfo.upstreamPoolReadyMs);
    case "num_endpoints": {
      const count = clusterOf(subject)?.hostCount;
      return count === undefined ? undefined : celUint(BigInt(count));
    }
    case "locality": {
      const host = upstreamHost(subject);
      return host === undefined ? undefined : localityOf(host.locality);
    }
    default:
      return streamInfo.upstreamTls === undefined ? undefined : tlsAttribute(streamInfo.upstreamTls, name);
  }
}

/** A locality's three parts out of `localityKey`. */
function localityOf(key: string): Locality {
  const [region = "", zone = "", subZone = ""] = key.split("\u0000");
  return create(LocalitySchema, { region, zone, subZone });
}

function clusterOf({ streamInfo }: CelSubject): ClusterFacts | undefined {
  const { upstreamCluster } = streamInfo;
  return upstreamCluster === undefined ? undefined : threadFacts()?.clusters.get(upstreamCluster);
}

/** The endpoint of the last try, as long as its cluster has it. */
export function upstreamHost(subject: CelSubject): HostFacts | undefined {
  const { upstreamRemoteAddress: address } = subject.streamInfo;
  if (address === undefined) return undefined;
  for (const { hosts } of clusterOf(subject)?.hostSets ?? []) {
    const host = hosts.find((one) => one.address === address);
    if (host !== undefined) return host;
  }
  return undefined;
}
