CREATE TABLE "config"."approval_request" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "config"."approval_request_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"kind" text NOT NULL,
	"group_name" text NOT NULL,
	"version" integer,
	"base" integer,
	"strategy" jsonb,
	"message" text NOT NULL,
	"override" text,
	"requested_by" text NOT NULL,
	"requested_by_id" text NOT NULL,
	"requested_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"reason" text,
	"broken_glass" boolean DEFAULT false NOT NULL,
	"rollout" bigint
);
--> statement-breakpoint
CREATE TABLE "config"."appliance_settings" (
	"id" boolean PRIMARY KEY NOT NULL,
	"changed" jsonb NOT NULL,
	"set_up_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "config"."node_group" ADD COLUMN "protected_by" text;--> statement-breakpoint
ALTER TABLE "config"."node_group" ADD COLUMN "protected_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "config"."approval_request" ADD CONSTRAINT "approval_request_version_version_number_fk" FOREIGN KEY ("version") REFERENCES "config"."version"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "approval_request_open" ON "config"."approval_request" USING btree ("group_name") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "approval_request_version" ON "config"."approval_request" USING btree ("version");