import { isIP } from "node:net";
import { CsvError, parse } from "csv-parse/sync";
import { stringify } from "yaml";
import { ConfigError } from "../../contract.ts";
import type { FoundContent, FoundResource, ImportFile, ImportNote } from "./import-contract.ts";

const COLUMNS = ["name", "address", "port", "weight", "priority", "region", "zone", "health_check"] as const;
type Name = (typeof COLUMNS)[number];
const ROWS_MAX = 50_000;
const HOST_NAME = /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?\.?$/;

interface Host {
  readonly line: number;
  readonly address: string;
  readonly port: number;
  readonly weight: number | undefined;
  readonly priority: number;
  readonly region: string;
  readonly zone: string;
}

/**
 * A list of hosts, with its columns named in the first line: each `name` becomes a cluster with the rows of that name as its
 * endpoints. Lines that are wrong are told and left.
 */
export function readHosts(file: ImportFile): FoundContent {
  const notes: ImportNote[] = [];
  const note = (line: number, path: string, reason: string) =>
    notes.push({ kind: "not_understood", path, reason, position: { file: file.path, line, column: 1 } });
  const [head, ...rows] = readRows(file);
  const columns = head?.record.map((text) => text.trim().toLowerCase()) ?? [];
  for (const wanted of ["name", "address", "port"])
    if (!columns.includes(wanted))
      throw new ConfigError(
        "invalid",
        `${file.path}:1: the first line must name the columns; '${wanted}' is missing`,
      );
  for (const column of columns)
    if (!isColumn(column)) note(1, column, `unknown column; known are ${COLUMNS.join(", ")}`);
  const clusters = new Map<string, { readonly hosts: Map<string, Host>; healthCheck: string }>();
  for (const { record, line } of rows) {
    const cell = (name: Name): string => record[columns.indexOf(name)]?.trim() ?? "";
    const host = readHost(cell, line, record.length > columns.length, (path, reason) =>
      note(line, path, reason),
    );
    if (host === undefined) continue;
    const name = cell("name");
    const cluster = clusters.get(name) ?? { hosts: new Map(), healthCheck: "" };
    clusters.set(name, cluster);
    const key = `${host.address}:${host.port}`;
    if (cluster.hosts.has(key)) note(line, "address", `${key} is in '${name}' already`);
    else cluster.hosts.set(key, host);
    if (cell("health_check") !== "") cluster.healthCheck = cell("health_check");
  }
  return {
    resources: [...clusters].map(([name, { hosts, healthCheck }]) =>
      clusterOf(file, name, [...hosts.values()], healthCheck),
    ),
    notes,
  };
}

function readRows({
  path,
  text,
}: ImportFile): readonly { readonly record: readonly string[]; readonly line: number }[] {
  try {
    const rows = parse(text, {
      bom: true,
      delimiter: [",", ";", "\t"],
      comment: "#",
      comment_no_infix: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: 65_536,
      to: ROWS_MAX + 1,
      info: true,
    }) as unknown as readonly {
      readonly record: readonly string[];
      readonly info: { readonly lines: number };
    }[];
    if (rows.length > ROWS_MAX)
      throw new ConfigError("invalid", `${path} has more than ${ROWS_MAX} lines; split it`);
    return rows.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    if (error instanceof CsvError) throw new ConfigError("invalid", `${path}: ${error.message}`);
    throw error;
  }
}

function readHost(
  cell: (name: Name) => string,
  line: number,
  tooLong: boolean,
  refuse: (path: string, reason: string) => void,
): Host | undefined {
  const whole = (name: Name, fallback: number | undefined, from: number, to: number) => {
    if (cell(name) === "" && name !== "port") return fallback;
    const value = Number(cell(name));
    if (cell(name) !== "" && Number.isInteger(value) && value >= from && value <= to) return value;
    refuse(name, `'${cell(name)}' is no number from ${from} to ${to}`);
    return Number.NaN;
  };
  const address = cell("address").replace(/^\[(.*)\]$/, "$1");
  const isAddress = isIP(address) !== 0 || HOST_NAME.test(address);
  if (tooLong) refuse("", "it has more cells than there are columns");
  if (cell("name") === "") refuse("name", "a cluster's name is missing");
  if (!isAddress) refuse("address", `'${address}' is neither an IP address nor a host name`);
  const port = whole("port", undefined, 1, 65_535);
  const weight = whole("weight", undefined, 1, 2_147_483_647);
  const priority = whole("priority", 0, 0, 127);
  if (
    tooLong ||
    cell("name") === "" ||
    !isAddress ||
    [port, weight, priority].some((value) => Number.isNaN(value))
  )
    return undefined;
  if (port === undefined || priority === undefined) return undefined;
  return { line, address, port, weight, priority, region: cell("region"), zone: cell("zone") };
}

function clusterOf(
  file: ImportFile,
  name: string,
  hosts: readonly Host[],
  healthCheck: string,
): FoundResource {
  const places = Map.groupBy(hosts, ({ priority, region, zone }) => JSON.stringify([priority, region, zone]));
  const endpoints = [...places].map(([place, group]) => {
    const [priority, region, zone] = JSON.parse(place) as [number, string, string];
    const locality = { ...(region === "" ? {} : { region }), ...(zone === "" ? {} : { zone }) };
    return {
      ...(Object.keys(locality).length === 0 ? {} : { locality }),
      ...(priority === 0 ? {} : { priority }),
      lb_endpoints: group.map(({ address, port, weight }) => ({
        endpoint: { address: { socket_address: { address, port_value: port } } },
        ...(weight === undefined ? {} : { load_balancing_weight: weight }),
      })),
    };
  });
  const line = hosts[0]?.line ?? 1;
  const yaml = stringify({
    name,
    type: hosts.every(({ address }) => isIP(address) !== 0) ? "STATIC" : "STRICT_DNS",
    connect_timeout: "5s",
    ...(healthCheck === "" ? {} : { health_checks: [checkOf(healthCheck)] }),
    load_assignment: { cluster_name: name, endpoints },
  });
  return { kind: "clusters", path: `line ${line}`, yaml, position: { file: file.path, line, column: 1 } };
}

/** A path that is asked for, or `tcp`: whether a connection can be made. */
function checkOf(text: string) {
  const shared = { timeout: "2s", interval: "10s", unhealthy_threshold: 3, healthy_threshold: 2 };
  return text.startsWith("/")
    ? { ...shared, http_health_check: { path: text } }
    : { ...shared, tcp_health_check: {} };
}

function isColumn(text: string): text is Name {
  return (COLUMNS as readonly string[]).includes(text);
}
