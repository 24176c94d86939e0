export { classifyStat, type StatTarget } from "./ingest/classify-stat.ts";
export { endpointReports } from "./ingest/endpoint-reports.ts";
export {
  MetricsReader,
  type MetricsReaderOptions,
  type MetricsReport,
  type ScopeReport,
} from "./ingest/metrics-reader.ts";
export { type Naming, namingOf } from "./ingest/naming.ts";
export { type NewAccessLogEntry, readAccessLog } from "./ingest/read-access-log.ts";
export { type ReportedLoad, readLoadReport } from "./ingest/read-load-report.ts";
export { readSpans } from "./ingest/read-spans.ts";
export * from "./measures/index.ts";
export { telemetryMigrations } from "./migrations.ts";
export { compareNodes, type NodeComparisonQuery, type NodesComparison } from "./query/compare-nodes.ts";
export { readDrops } from "./query/read-drops.ts";
export { type LoadQuery, readLoad } from "./query/read-load.ts";
export { readAsOf, readOverview } from "./query/read-overview.ts";
export { readRequest, readRequestsSince, searchRequests } from "./query/read-requests.ts";
export { readScopes, type ScopesQuery } from "./query/read-scopes.ts";
export { readSeries, readSeriesSince, type SeriesQuery } from "./query/read-series.ts";
export { readTopScopes, type TopOrder, type TopScopesQuery } from "./query/read-top-scopes.ts";
export { readTopology } from "./query/read-topology.ts";
export { readTrace, readTracesSince, searchTraces } from "./query/read-traces.ts";
export { readTrafficFigures, type TrafficFiguresQuery } from "./query/read-traffic-figures.ts";
export { parseStatusFilter } from "./query/status-filter.ts";
export type { Retention } from "./store/apply-retention.ts";
export { type MaintenanceOptions, maintain, startMaintenance } from "./store/maintenance.ts";
export type { StoreOptions } from "./store/store-options.ts";
export { TelemetryStore } from "./store/telemetry-store.ts";
export { buildTopology } from "./topology/build-topology.ts";
export { routeStatPrefix } from "./topology/stat-names.ts";
export { type ConfigurationMessages, topologyConfigurationOf } from "./topology/topology-configuration.ts";
