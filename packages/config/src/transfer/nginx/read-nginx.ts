import type { FoundContent, ImportFile } from "../import/import-contract.ts";
import { buildListener, type ListeningServers } from "./build-listener.ts";
import { childrenOf, type Directive } from "./directive.ts";
import { NginxClusters } from "./nginx-clusters.ts";
import { NginxNotes } from "./nginx-notes.ts";
import { readTree, splitDump } from "./resolve-includes.ts";
import { type Listen, readListen } from "./translate-listen.ts";
import { LOCATION_TRANSLATED } from "./translate-location.ts";
import { readServer, type Server } from "./translate-server.ts";

const HTTP = new Set([
  ...LOCATION_TRANSLATED,
  "upstream",
  "server",
  "ssl_certificate",
  "ssl_certificate_key",
  "ssl_protocols",
]);
/** Of nginx's own process. */
const PROCESS = new Set(
  "user worker_processes worker_rlimit_nofile worker_cpu_affinity worker_shutdown_timeout pid events daemon pcre_jit load_module error_log master_process timer_resolution".split(
    " ",
  ),
);

/**
 * nginx's `upstream`, `server` and `location` blocks as clusters, listeners and routes, by the table in docs/import.md: a whole
 * configuration, one included file, or what `nginx -T` prints.
 */
export function readNginx(file: ImportFile): FoundContent {
  const notes = new NginxNotes();
  const tree = readTree(splitDump(file), notes);
  const blocks = childrenOf(tree, "http").flatMap(({ block }) => block ?? []);
  // A file of conf.d or sites-enabled has what stands inside of http.
  const http = blocks.length > 0 ? blocks : tree.filter(({ name }) => !PROCESS.has(name));
  if (blocks.length > 0)
    for (const directive of tree)
      if (PROCESS.has(directive.name)) notes.add("ignored", directive, "it belongs to nginx's own process");
      else if (directive.name !== "http") notes.add("not_understood", directive, "only http is carried over");
  const fine = notes.judge(http, HTTP, "http block with all its servers");
  const clusters = new NginxClusters(http, notes);
  const listening = new Map<
    string,
    ListeningServers & { readonly members: { server: Server; listen: Listen }[] }
  >();
  for (const directive of fine ? childrenOf(http, "server") : []) {
    const server = readServer(directive, http, clusters, notes);
    if (server === undefined) continue;
    for (const listen of listensOf(directive, notes)) {
      const key = `${listen.address} ${listen.port}`;
      const here = listening.get(key) ?? { listen, members: [] };
      listening.set(key, here);
      here.members.push({ server, listen });
    }
  }
  const listeners = [...listening.values()].flatMap((servers) => buildListener(servers, notes));
  return { resources: [...clusters.resources(), ...listeners], notes: notes.notes };
}

function listensOf(server: Directive, notes: NginxNotes): readonly Listen[] {
  const found = childrenOf(server.block, "listen");
  if (found.length === 0)
    return [
      { address: "0.0.0.0", port: 80, isDefault: false, ssl: false, http2: false, proxyProtocol: false },
    ];
  return found.flatMap((directive) => readListen(directive, notes) ?? []);
}
