CREATE TABLE "config"."authority_rotation" (
	"name" text PRIMARY KEY NOT NULL,
	"phase" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."node_channel" (
	"node" text PRIMARY KEY NOT NULL,
	"replica" text NOT NULL,
	"connection" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"actions" jsonb NOT NULL,
	"status" jsonb NOT NULL,
	"status_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."node_order" (
	"id" text PRIMARY KEY NOT NULL,
	"node" text NOT NULL,
	"action" text NOT NULL,
	"parameters" jsonb NOT NULL,
	"state" text NOT NULL,
	"asked_by" text NOT NULL,
	"asked_at" timestamp with time zone NOT NULL,
	"deadline" timestamp with time zone NOT NULL,
	"taken_at" timestamp with time zone,
	"settled_at" timestamp with time zone,
	"reason" text,
	"content" "bytea"
);
--> statement-breakpoint
ALTER TABLE "config"."node_certificate" ADD COLUMN "authority" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."node_certificate" ADD COLUMN "trusts" text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX "node_order_node" ON "config"."node_order" USING btree ("node","asked_at");--> statement-breakpoint
CREATE INDEX "node_order_state" ON "config"."node_order" USING btree ("state","deadline");