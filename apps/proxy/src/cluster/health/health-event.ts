/** How a check ended. `active`: the host answered, wrongly; `network`: it did not answer; `passive`: traffic told of it. */
export type ProbeFailure = "active" | "network" | "network_timeout" | "passive";

/** What the event log of active health checks says (envoy.data.core.v3.HealthCheckEvent), without host and time. */
export type HealthEvent =
  | { readonly kind: "add_healthy"; readonly firstCheck: boolean }
  /** `status`: of the answer; 0 without one. */
  | { readonly kind: "eject_unhealthy"; readonly failure: ProbeFailure; readonly status: number }
  | {
      readonly kind: "failure";
      readonly failure: ProbeFailure;
      readonly firstCheck: boolean;
      readonly status: number;
    }
  | { readonly kind: "success" }
  | { readonly kind: "degraded" }
  | { readonly kind: "no_longer_degraded" };

export interface HealthEventSource {
  readonly checker: "HTTP" | "TCP" | "GRPC" | "REDIS";
  readonly cluster: string;
  readonly locality: { readonly region: string; readonly zone: string; readonly subZone: string };
  readonly address: { readonly host: string; readonly port: number } | { readonly path: string };
}

const FAILURES: Readonly<Record<ProbeFailure, string>> = {
  active: "ACTIVE",
  passive: "PASSIVE",
  network: "NETWORK",
  network_timeout: "NETWORK_TIMEOUT",
};

/** The event as Envoy's JSON, one line. `wallMs`: since the epoch. */
export function healthEventLine(event: HealthEvent, source: HealthEventSource, wallMs: number): string {
  const { address } = source;
  const host =
    "path" in address
      ? { pipe: { path: address.path } }
      : {
          socket_address: {
            protocol: "TCP",
            address: address.host,
            port_value: address.port,
            resolver_name: "",
            ipv4_compat: false,
            network_namespace_filepath: "",
          },
        };
  return `${JSON.stringify({
    health_checker_type: source.checker,
    host,
    cluster_name: source.cluster,
    locality: {
      region: source.locality.region,
      zone: source.locality.zone,
      sub_zone: source.locality.subZone,
    },
    // Whole seconds stand alone in the JSON of messages.
    timestamp: new Date(wallMs).toISOString().replace(".000Z", "Z"),
    ...bodyOf(event),
  })}\n`;
}

function bodyOf(event: HealthEvent): Record<string, unknown> {
  switch (event.kind) {
    case "add_healthy":
      return { add_healthy_event: { first_check: event.firstCheck } };
    case "eject_unhealthy":
      return {
        eject_unhealthy_event: { failure_type: FAILURES[event.failure], http_status_code: event.status },
      };
    case "failure":
      return {
        health_check_failure_event: {
          failure_type: FAILURES[event.failure],
          first_check: event.firstCheck,
          http_status_code: event.status,
        },
      };
    case "success":
      return { successful_health_check_event: {} };
    case "degraded":
      return { degraded_healthy_host: {} };
    case "no_longer_degraded":
      return { no_longer_degraded_host: {} };
  }
}
