import { type RunningProxy, startEnvoy, startSluiceProxy } from "@sluice/harness";
import { renderBootstrap } from "../bootstrap/render-bootstrap.ts";

export interface NodeOptions {
  readonly id: string;
  readonly product: "sluice" | "envoy";
  /** Of the control plane, on the loopback, in plain text. */
  readonly controlPort: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** A real proxy with the bootstrap that `sluice join` prints, its admin interface on a free port. */
export function startNode({ id, product, controlPort, labels }: NodeOptions): Promise<RunningProxy> {
  const bootstrap = renderBootstrap({
    product,
    nodeId: id,
    nodeCluster: "test",
    controlHost: "127.0.0.1",
    controlPort,
    adminPort: 0,
    labels,
  });
  const yaml = bootstrap.replace(/^admin:\n(?: .*\n)+/m, "");
  return product === "envoy" ? startEnvoy({ yaml }) : startSluiceProxy({ yaml });
}
