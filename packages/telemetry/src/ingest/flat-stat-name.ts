import type { LabelPair } from "@sluice/xds/gen/io/prometheus/client/metrics_pb.js";

/**
 * The dotted name again of a metric that was sent with its tags as labels (`emit_tags_as_labels`): `cluster.upstream_rq_xx`
 * with `envoy.cluster_name=web` and `envoy.response_code_class=2` is `cluster.web.upstream_rq_2xx`.
 */
export function flatStatName(name: string, labels: readonly LabelPair[]): string {
  if (labels.length === 0) return name;
  const tag = (key: string) => labels.find((label) => label.name === key)?.value;
  let flat = name;
  const cluster = tag("envoy.cluster_name");
  if (cluster !== undefined) flat = insertAfter(flat, "cluster.", cluster);
  const prefix = tag("envoy.http_conn_manager_prefix");
  const listener = tag("envoy.listener_address");
  if (listener !== undefined) flat = insertAfter(flat, "listener.", listener);
  if (prefix !== undefined) {
    flat =
      listener === undefined
        ? insertAfter(flat, "http.", prefix)
        : flat.replace(`.${listener}.http.`, () => `.${listener}.http.${prefix}.`);
  }
  const host = tag("envoy.virtual_host");
  if (host !== undefined) flat = insertAfter(flat, "vhost.", host);
  const route = tag("envoy.route");
  if (route !== undefined) flat = flat.replace(".route.", () => `.route.${route}.`);
  const responseClass = tag("envoy.response_code_class");
  if (responseClass !== undefined) flat = flat.replace(/_xx$/, () => `_${responseClass}xx`);
  const code = tag("envoy.response_code");
  if (code !== undefined) flat = `${flat}_${code}`;
  return flat;
}

function insertAfter(name: string, start: string, part: string): string {
  return name.startsWith(start) ? `${start}${part}.${name.slice(start.length)}` : name;
}
