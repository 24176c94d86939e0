/** Stats of Envoy that Sluice has not, or has only sometimes, with the reason; docs/compatibility.md tells the same. */
const STATS_NOT_HERE: readonly (readonly [names: RegExp, reason: string])[] = [
  [
    /^(server\.)?(main_thread|worker_\d+|workers)\.watchdog_/,
    "threads are watched where `watchdogs` says so",
  ],
  [/^thread_local_cluster_manager\./, "a cluster takes room in a thread once it is used there (0007)"],
  [/^dns\.cares\./, "Node's resolver does not count"],
  [/\.ssl\.sigalgs\./, "Node does not tell peers' signature algorithms"],
  [/^cluster\..*\.ssl\.certificate\./, "authorities' ends are in server.days_until_first_cert_expiring"],
  [/^server\.version$/, "Envoy's is of its commit; here of `stats_server_version_override` alone"],
  [/\.decompressor_library\.|\.fault\.nodes\.delays_injected$/, "listed before they count, here"],
  [/\.endpoint\.[^:]*\.rq_time$/, "a histogram for each endpoint, here alone"],
  [
    /\bhttp2\.(cookie|header_count|header_list_size$|deferred_stream_close|metadata_empty_frames)/,
    "of Envoy's codecs",
  ],
  [/\bhttp2\.(nghttp2|oghttp2)_|\bhttp2\.outbound_(control_)?frames_active$/, "of Envoy's codecs"],
  [/\.connections_accepted_per_socket_event$/, "Node hands connections over one by one"],
  [
    /^server\.(stats_recent_lookups|total_connections|seconds_until_first_ocsp_response_expiring)$/,
    "not known here",
  ],
];

export const isNotHere = (name: string): boolean => STATS_NOT_HERE.some(([names]) => names.test(name));
