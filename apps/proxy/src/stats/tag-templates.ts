import type { TaggedName } from "./extract-tags.ts";
import { groupKey } from "./stat-groups.ts";

const CLUSTER = "cluster.";
/** Stands for a cluster's name; no name has it. */
const ANY = "\u0001";
const TEMPLATES_MAX = 4096;

/**
 * `extract` by Envoy's default rules, but for the thousands of clusters that have the same stats worked out only once for each. No
 * rule looks at a cluster's name, but that the name's part before a dot is the value of a tag.
 */
export function tagByTemplate(extract: (name: string) => TaggedName): (name: string) => TaggedName {
  const templates = new Map<string, TaggedName>();
  return (name) => {
    if (!name.startsWith(CLUSTER)) return extract(name);
    const key = groupKey(name);
    const below = name.slice(key.length);
    const cluster = key.slice(CLUSTER.length, -1);
    // `.ssl.versions.` is looked for anywhere.
    if (below === "" || cluster === "ssl") return extract(name);
    let template = templates.get(below);
    if (template === undefined) {
      if (templates.size >= TEMPLATES_MAX) templates.clear();
      template = extract(`${CLUSTER}${ANY}.${below}`);
      templates.set(below, template);
    }
    const tags = template.tags.map((tag) => (tag[1] === ANY ? ([tag[0], cluster] as const) : tag));
    return { name: template.name, tags };
  };
}
