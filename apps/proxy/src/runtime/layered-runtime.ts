import { existsSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@bufbuild/protobuf";
import type { Compiled, Log, Problem, StatsScope } from "@sluice/extension-api";
import type {
  RuntimeLayer_DiskLayer as DiskLayer,
  LayeredRuntime,
} from "@sluice/xds/gen/envoy/config/bootstrap/v3/bootstrap_pb.js";
import type { ConfigSource } from "@sluice/xds/gen/envoy/config/core/v3/config_source_pb.js";
import { setChanged } from "../stats/slot-pages.ts";
import { ADS_SOURCE, checkConfigSource, sourceKey } from "../xds/config-source.ts";
import { DiskLayerWatch } from "./disk-layer-watch.ts";
import { readDiskLayer } from "./read-disk-layer.ts";
import type { RuntimeValue, RuntimeValues } from "./runtime-snapshot.ts";

/** The resource of an RTDS layer. */
interface RuntimeResource {
  readonly name: string;
  readonly source: ConfigSource;
}

interface Layer {
  readonly name: string;
  readonly kind: "static" | "disk" | "admin" | "rtds";
  /** RTDS: the resource, and where it comes from. */
  readonly resource: RuntimeResource | undefined;
  /** Disk: where its values are. */
  readonly root: string;
  /** Disk: the link whose replacement means new values. */
  readonly link: string;
  values: Record<string, RuntimeValue>;
  /** Disk: what came of reading it. One that is not `loaded` is no layer for the time being. */
  state: "loaded" | "missing" | "failed";
}

export interface RuntimeLayersOptions {
  /** `--service-cluster`, or the node's: what `append_service_cluster` appends. */
  readonly serviceCluster: string;
  readonly stats: StatsScope;
  readonly log: Log;
}

/** The configured layers and their merge. The admin layer changes through `/runtime_modify`, disk layers with their links. */
export class RuntimeLayers {
  readonly #layers: readonly Layer[];
  readonly #options: RuntimeLayersOptions;
  readonly #watches: DiskLayerWatch[] = [];

  private constructor(layers: readonly Layer[], options: RuntimeLayersOptions) {
    this.#layers = layers;
    this.#options = options;
    const { stats } = options;
    for (const name of [
      "deprecated_feature_use",
      "load_error",
      "load_success",
      "override_dir_exists",
      "override_dir_not_exists",
    ]) {
      stats.counter(name);
    }
    stats.gauge("deprecated_feature_seen_since_process_start");
    for (const layer of layers) this.#load(layer);
    this.#loaded();
  }

  static compile(
    config: LayeredRuntime | undefined,
    path: string,
    options: RuntimeLayersOptions,
  ): Compiled<RuntimeLayers> {
    const problems: Problem[] = [];
    const names = new Set<string>();
    const layers = (config?.layers ?? []).map((layer, i): Layer => {
      const at = `${path}.layers[${i}]`;
      if (names.has(layer.name)) {
        problems.push({ path: at, message: `Duplicate layer name: ${layer.name}`, severity: "error" });
      }
      names.add(layer.name);
      const specifier = layer.layerSpecifier;
      const values: Record<string, RuntimeValue> = {};
      const plain = {
        name: layer.name,
        root: "",
        link: "",
        resource: undefined,
        values,
        state: "loaded" as const,
      };
      switch (specifier.case) {
        case "staticLayer": {
          flatten(specifier.value, "", plain.values);
          const strange = strangeKey(specifier.value, "");
          if (strange !== undefined) {
            const message = `Invalid runtime entry value for ${strange}`;
            problems.push({ path: `${at}.static_layer`, message, severity: "error" });
          }
          return { ...plain, kind: "static" };
        }
        case "adminLayer":
          return { ...plain, kind: "admin" };
        case "diskLayer":
          return { ...plain, ...diskPlaces(specifier.value, options.serviceCluster), kind: "disk" };
        case "rtdsLayer": {
          const { name, rtdsConfig } = specifier.value;
          const source = rtdsConfig ?? ADS_SOURCE;
          const path = `${at}.rtds_layer.rtds_config`;
          if (rtdsConfig === undefined) problems.push({ path, message: "is required", severity: "error" });
          else problems.push(...checkConfigSource(rtdsConfig, path));
          return { ...plain, kind: "rtds", resource: { name, source } };
        }
        default:
          problems.push({ path: at, message: "a layer needs a specifier", severity: "error" });
          return { ...plain, kind: "static" };
      }
    });
    if (layers.filter(({ kind }) => kind === "admin").length > 1) {
      const message = "Too many admin layers specified in LayeredRuntime, at most one may be specified";
      problems.push({ path: `${path}.layers`, message, severity: "error" });
    }
    if (problems.length > 0) return { ok: false, problems };
    return { ok: true, value: new RuntimeLayers(layers, options) };
  }

  get layers(): readonly { readonly name: string; readonly values: RuntimeValues }[] {
    return this.#layers.filter(({ state }) => state === "loaded");
  }

  /** Later layers win. */
  merged(): RuntimeValues {
    return Object.assign({}, ...this.#layers.map((layer) => layer.values));
  }

  /** The resources that RTDS layers need. */
  get resources(): readonly RuntimeResource[] {
    return this.#layers.flatMap(({ resource }) => resource ?? []);
  }

  /** Takes over what a source (`sourceKey`) has for a resource; undefined: nothing any more. */
  discover(fromSource: string, name: string, layer: JsonObject | undefined): void {
    for (const each of this.#layers) {
      const { resource } = each;
      if (resource?.name !== name || sourceKey(resource.source) !== fromSource) continue;
      each.values = {};
      flatten(layer, "", each.values);
    }
    this.#loaded();
  }

  /** Sets overrides ("" removes one). False when no admin layer is configured. */
  modify(overrides: Iterable<readonly [string, string]>): boolean {
    const layer = this.#layers.find((each) => each.kind === "admin");
    if (layer === undefined) return false;
    for (const [key, value] of overrides) {
      if (value === "") delete layer.values[key];
      else layer.values[key] = value === "true" ? true : value === "false" ? false : value;
    }
    this.#loaded();
    return true;
  }

  /** Reads disk layers anew when their links are replaced; `onChange` then takes the values over. */
  watch(onChange: () => void): void {
    // Envoy counts the layers once more when it begins to serve.
    this.#loaded();
    for (const layer of this.#layers) {
      if (layer.kind !== "disk") continue;
      try {
        const reload = (): void => {
          this.#load(layer);
          this.#loaded();
          onChange();
        };
        this.#watches.push(new DiskLayerWatch(layer.link, reload));
      } catch (error) {
        this.#options.log.warn(`runtime layer ${layer.name} is not watched: ${String(error)}`);
      }
    }
  }

  stop(): void {
    for (const watch of this.#watches) watch.close();
  }

  #load(layer: Layer): void {
    if (layer.kind !== "disk") return;
    layer.values = {};
    layer.state = "missing";
    if (!existsSync(layer.root)) return;
    try {
      layer.values = readDiskLayer(layer.root);
      layer.state = "loaded";
    } catch (error) {
      layer.state = "failed";
      this.#options.log.error(
        `runtime layer ${layer.name}: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #loaded(): void {
    const { stats } = this.#options;
    const admin = this.#layers.find(({ kind }) => kind === "admin");
    const disks = this.#layers.filter(({ kind, state }) => kind === "disk" && state === "loaded").length;
    // As Envoy counts: the first was once all there was, and what came behind it overrode it.
    stats.counter(disks > 1 ? "override_dir_exists" : "override_dir_not_exists").inc();
    stats.counter(this.#layers.some(({ state }) => state === "failed") ? "load_error" : "load_success").inc();
    stats.gauge("num_layers").set(this.layers.length);
    stats.gauge("num_keys").set(Object.keys(this.merged()).length);
    const overrides = admin !== undefined && Object.keys(admin.values).length > 0;
    setChanged(stats.gauge("admin_overrides_active"), overrides ? 1 : 0);
  }
}

function diskPlaces(
  layer: DiskLayer,
  serviceCluster: string,
): { readonly root: string; readonly link: string } {
  const root = join(layer.symlinkRoot, layer.subdirectory, layer.appendServiceCluster ? serviceCluster : "");
  return { root, link: layer.symlinkRoot };
}

const DENOMINATORS: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
};

function flatten(value: unknown, key: string, out: Record<string, RuntimeValue>): void {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    out[key] = value;
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const fraction = fractionOf(value);
  if (fraction !== undefined) {
    out[key] = fraction;
    return;
  }
  for (const [name, member] of Object.entries(value))
    flatten(member, key === "" ? name : `${key}.${name}`, out);
}

/** The first key whose value is neither a text, a number, a boolean nor a group of such. */
function strangeKey(value: unknown, key: string): string | undefined {
  if (Array.isArray(value) || value === null) return key;
  if (typeof value !== "object") return undefined;
  for (const [name, member] of Object.entries(value)) {
    const found = strangeKey(member, key === "" ? name : `${key}.${name}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function fractionOf(value: object): RuntimeValue | undefined {
  if (!("numerator" in value) || typeof value.numerator !== "number") return undefined;
  const name =
    "denominator" in value && typeof value.denominator === "string" ? value.denominator : "HUNDRED";
  return { numerator: value.numerator, denominator: DENOMINATORS[name] ?? 100 };
}
