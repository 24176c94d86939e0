import { parseLabels, parsePort } from "./parse-labels.ts";

/** What a person typed. */
export interface JoinFormText {
  readonly product: string;
  readonly nodeId: string;
  readonly cluster: string;
  readonly host: string;
  readonly port: string;
  readonly adminPort: string;
  readonly labels: string;
}

/** The same, checked. */
export interface JoinForm {
  readonly product: "sluice" | "envoy";
  readonly nodeId: string;
  readonly cluster: string;
  readonly host: string;
  readonly controlPort: number;
  readonly adminPort: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** Undefined while something is missing or wrong. */
export function readJoinForm(text: JoinFormText): JoinForm | undefined {
  const [nodeId, cluster, host] = [text.nodeId.trim(), text.cluster.trim(), text.host.trim()];
  const labels = parseLabels(text.labels);
  const controlPort = parsePort(text.port);
  const adminPort = parsePort(text.adminPort);
  if (nodeId === "" || cluster === "" || host === "") return undefined;
  if (labels === undefined || controlPort === undefined || adminPort === undefined) return undefined;
  const product = text.product === "envoy" ? "envoy" : "sluice";
  return { product, nodeId, cluster, host, controlPort, adminPort, labels };
}

/** What to run on the node's machine: to join, then to start. A word that a shell could take apart is quoted. */
export function joinCommands(form: JoinForm, token: string, directory: string): readonly [string, string] {
  const host = form.host.includes(":") ? `[${form.host}]` : form.host;
  const join = [
    "npm run -s sluice -- join",
    `--server ${quote(`https://${host}:${form.controlPort}`)}`,
    `--token ${token}`,
    `--out ${quote(directory)}`,
    `--cluster ${quote(form.cluster)}`,
    `--admin-port ${form.adminPort}`,
    ...(form.product === "envoy" ? ["--envoy"] : []),
  ].join(" ");
  const bootstrap = quote(`${directory}/bootstrap.yaml`);
  const start =
    form.product === "envoy"
      ? `envoy -c ${bootstrap}`
      : `npm run -s proxy -- -c ${bootstrap} --join-dir ${quote(directory)}`;
  return [join, start];
}

function quote(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
