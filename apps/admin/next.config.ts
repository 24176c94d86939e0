import { fileURLToPath } from "node:url";
import type { NextConfig } from "next";

const config: NextConfig = {
  transpilePackages: [
    "@sluice/config",
    "@sluice/database",
    "@sluice/matching",
    "@sluice/telemetry",
    "@sluice/xds",
  ],
  turbopack: { root: fileURLToPath(new URL("../..", import.meta.url)) },
  // Types are checked by `npm run verify`, for the whole workspace at once.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
};

export default config;
