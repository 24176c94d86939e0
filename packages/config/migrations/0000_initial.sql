CREATE SCHEMA "config";
--> statement-breakpoint
CREATE TABLE "config"."audit_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "config"."audit_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"actor_id" text NOT NULL,
	"actor" text NOT NULL,
	"action" text NOT NULL,
	"subject" text NOT NULL,
	"details" jsonb
);
--> statement-breakpoint
CREATE TABLE "config"."draft_lock" (
	"id" boolean PRIMARY KEY NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."draft_removal" (
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"revision" integer NOT NULL,
	"removed_at" timestamp with time zone NOT NULL,
	"removed_by" text NOT NULL,
	CONSTRAINT "draft_removal_kind_name_pk" PRIMARY KEY("kind","name")
);
--> statement-breakpoint
CREATE TABLE "config"."draft_resource" (
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"yaml" text NOT NULL,
	"hash" text NOT NULL,
	"revision" integer NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL,
	"json" json,
	"message" "bytea",
	"message_hash" text,
	"analysis" jsonb NOT NULL,
	"rules" integer NOT NULL,
	CONSTRAINT "draft_resource_kind_name_pk" PRIMARY KEY("kind","name")
);
--> statement-breakpoint
CREATE TABLE "config"."control_replica" (
	"id" text PRIMARY KEY NOT NULL,
	"heartbeat_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."node" (
	"id" text PRIMARY KEY NOT NULL,
	"cluster" text NOT NULL,
	"product" text NOT NULL,
	"product_version" text NOT NULL,
	"labels" jsonb NOT NULL,
	"peer" text NOT NULL,
	"extensions" jsonb NOT NULL,
	"connected" boolean NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"last_seen_at" timestamp with time zone NOT NULL,
	"replica" text NOT NULL,
	"connection" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."node_type_state" (
	"node" text NOT NULL,
	"kind" text NOT NULL,
	"sent" integer,
	"acknowledged" integer,
	"effective" integer,
	"refused" integer,
	"refusal" text,
	"refused_at" timestamp with time zone,
	CONSTRAINT "node_type_state_node_kind_pk" PRIMARY KEY("node","kind")
);
--> statement-breakpoint
CREATE TABLE "config"."blob" (
	"hash" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"yaml" text NOT NULL,
	"json" json NOT NULL,
	"message" "bytea" NOT NULL,
	"message_hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."bucket" (
	"hash" text PRIMARY KEY NOT NULL,
	"entries" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."rollout" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "config"."rollout_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"version" integer NOT NULL,
	"kind" text NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."tree" (
	"hash" text PRIMARY KEY NOT NULL,
	"buckets" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."version" (
	"number" integer PRIMARY KEY NOT NULL,
	"hash" text NOT NULL,
	"parent" integer,
	"message" text NOT NULL,
	"author" text NOT NULL,
	"author_id" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"resource_count" integer NOT NULL,
	"kinds" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "config"."node_type_state" ADD CONSTRAINT "node_type_state_node_node_id_fk" FOREIGN KEY ("node") REFERENCES "config"."node"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "config"."rollout" ADD CONSTRAINT "rollout_version_version_number_fk" FOREIGN KEY ("version") REFERENCES "config"."version"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_event_action" ON "config"."audit_event" USING btree ("action","id");--> statement-breakpoint
CREATE INDEX "draft_resource_updated_at" ON "config"."draft_resource" USING btree ("updated_at");--> statement-breakpoint
CREATE INDEX "version_hash" ON "config"."version" USING btree ("hash");