-- A second's row is updated in place a few times (HOT needs room in its page), then deleted in bulk.
ALTER TABLE "telemetry"."stats_1s" SET (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.2);--> statement-breakpoint
ALTER TABLE "telemetry"."stats_10s" SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1);--> statement-breakpoint
ALTER TABLE "telemetry"."stats_1m" SET (fillfactor = 70);--> statement-breakpoint
ALTER TABLE "telemetry"."reporters" SET (fillfactor = 50);
