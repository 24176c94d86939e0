import { fileLog, indent, staticCluster } from "./bootstrap.ts";

export interface TcpListener {
  readonly name: string;
  /** Of the TCP proxy; to cluster `one` unless they say where to. */
  readonly fields?: string;
  /** Network filters before it. */
  readonly before?: string;
}

/** A listener on a free port whose TCP proxy logs to access.log in this format, behind its name. */
function tcpListener({ name, fields = "", before = "" }: TcpListener, format: string): string {
  const target = /^cluster:/m.test(fields) ? "" : "cluster: one";
  return `- name: ${name}
  address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
  filter_chains:
    - filters:
${indent(before, 8)}
        - name: tcp
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
            stat_prefix: ${name}
${indent(`${target}\n${fields}`, 12)}
            access_log: ${fileLog(`${name} ${format}`)}
`;
}

/** TCP proxies before the case's plain upstream (cluster `one`); cluster `dead` leads to nothing. */
export function tcpBootstrap(listeners: readonly TcpListener[], format: string, clusters = ""): string {
  return `
node: { id: node, cluster: nodes }
static_resources:
  listeners:
${indent(listeners.map((one) => tcpListener(one, format)).join(""), 4)}
  clusters:
${indent(staticCluster("one", ["{{tcp}}"]) + staticCluster("dead", ["{{dead}}"]) + clusters, 4)}
`;
}

/** A network filter that puts a text under a key of the connection's filter state. */
export function filterState(key: string, value: string, factory = "envoy.string"): string {
  return `- name: state
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.network.set_filter_state.v3.Config
    on_new_connection:
      - object_key: ${key}
        factory_key: ${factory}
        format_string: { text_format_source: { inline_string: "${value}" } }`;
}
