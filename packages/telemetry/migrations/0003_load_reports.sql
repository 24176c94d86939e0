CREATE TABLE "telemetry"."load_reports" (
	"at" timestamp with time zone NOT NULL,
	"node" text NOT NULL,
	"cluster" text NOT NULL,
	"scope" text NOT NULL,
	"region" text NOT NULL,
	"zone" text NOT NULL,
	"sub_zone" text NOT NULL,
	"priority" integer NOT NULL,
	"endpoint" text NOT NULL,
	"issued" bigint NOT NULL,
	"successful" bigint NOT NULL,
	"failed" bigint NOT NULL,
	"in_progress" bigint NOT NULL,
	"dropped" bigint NOT NULL,
	"metrics" jsonb NOT NULL,
	CONSTRAINT "load_reports_at_node_cluster_scope_region_zone_sub_zone_priority_endpoint_pk" PRIMARY KEY("at","node","cluster","scope","region","zone","sub_zone","priority","endpoint")
);
--> statement-breakpoint
CREATE INDEX "load_reports_cluster" ON "telemetry"."load_reports" USING btree ("cluster","at");