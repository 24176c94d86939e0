import { isNotHere } from "../stats-not-here.ts";

const COMPARED = /^(http\.l\d+\.|vhost\.|cluster\.(one|two|ring|maglev|own|lone|dead|second)\.|limit\.)/;
/** What pools, codecs and the moment decide. */
const OF_THE_MOMENT =
  /_cx_|bytes|_active$|pending|circuit_breakers|\.http[12]\.|\.lb_|membership|\.update_|rq_total_time|assignment|max_host_weight|rq_time|_length_ms|version|default\.total_match_count|retry_backoff|flow_control|(ring_hash|maglev)_lb/;

export const isComparedStat = (name: string): boolean =>
  COMPARED.test(name) && !OF_THE_MOMENT.test(name) && !isNotHere(name);
