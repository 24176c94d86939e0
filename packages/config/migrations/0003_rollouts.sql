CREATE TABLE "config"."node_group" (
	"name" text PRIMARY KEY NOT NULL,
	"position" integer NOT NULL,
	"selector" text NOT NULL,
	"version" integer,
	"rollout" bigint,
	"frozen_by" text,
	"frozen_at" timestamp with time zone,
	"frozen_reason" text,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."operator_labels" (
	"node" text PRIMARY KEY NOT NULL,
	"labels" jsonb NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."rollout_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "config"."rollout_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"rollout" bigint NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"actor" text NOT NULL,
	"reason" text NOT NULL,
	"details" jsonb
);
--> statement-breakpoint
CREATE TABLE "config"."rollout_state" (
	"rollout" bigint PRIMARY KEY NOT NULL,
	"phase" text NOT NULL,
	"ends_as" text,
	"step" integer NOT NULL,
	"stage" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"cutoff" bigint,
	"reason" text,
	"missing" jsonb NOT NULL,
	"comparison" jsonb,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."work_lease" (
	"work" text PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "config"."rollout" ADD COLUMN "group_name" text DEFAULT 'default' NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."rollout" ADD COLUMN "previous" integer;--> statement-breakpoint
ALTER TABLE "config"."rollout" ADD COLUMN "strategy" jsonb DEFAULT '{"steps":[{"percent":100}],"stepWaitMs":0,"effectiveWithinMs":60000,"promote":"automatic","onFailure":"keep","compare":null}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."node_group" ADD CONSTRAINT "node_group_version_version_number_fk" FOREIGN KEY ("version") REFERENCES "config"."version"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "config"."rollout_event" ADD CONSTRAINT "rollout_event_rollout_rollout_id_fk" FOREIGN KEY ("rollout") REFERENCES "config"."rollout"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "config"."rollout_state" ADD CONSTRAINT "rollout_state_rollout_rollout_id_fk" FOREIGN KEY ("rollout") REFERENCES "config"."rollout"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "rollout_event_rollout" ON "config"."rollout_event" USING btree ("rollout","id");--> statement-breakpoint
CREATE INDEX "rollout_group" ON "config"."rollout" USING btree ("group_name","id");--> statement-breakpoint
INSERT INTO "config"."node_group" ("name", "position", "selector", "version", "rollout")
SELECT 'default', 0, '', (SELECT "version" FROM "config"."rollout" ORDER BY "id" DESC LIMIT 1), (SELECT max("id") FROM "config"."rollout");
--> statement-breakpoint
INSERT INTO "config"."rollout_state" ("rollout", "phase", "step", "stage", "since", "cutoff", "missing")
SELECT "id", CASE WHEN "id" = max("id") OVER () THEN 'running' ELSE 'superseded' END, 0, 'deploying', "created_at", 4294967295, '[]'
FROM "config"."rollout";
--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."rollout_event" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
