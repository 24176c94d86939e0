/**
 * Cases in which Sluice does not do what Envoy does, with the reason. The suite expects the difference: one that has gone
 * fails, so that its line is taken out.
 */
export const KNOWN_DIFFERENCES: Readonly<Record<string, string>> = {
  "two hosts, folded lines, bare line feeds and overlong chunks":
    "Sluice refuses what RFC 9112 lets it refuse (sections 2.2, 3.2, 5.2, 7.1): such requests are read differently by different servers. Envoy takes them",
  "an upstream that refuses an upgrade and speaks of one":
    "Envoy takes a 403 with `connection: upgrade` for the beginning of a tunnel, though its length says where it ends. A client takes it for an answer: what it asks next on the connection reaches nobody, and what the upstream says next is read as the answer to that. Sluice answers and closes",
  "an upstream of a later HTTP version": "Envoy takes HTTP/7.3 for HTTP/1.1; Sluice answers 502",
};
