CREATE TABLE "config"."alert_instance" (
	"rule" text NOT NULL,
	"target" text NOT NULL,
	"group_name" text,
	"state" text NOT NULL,
	"since" timestamp with time zone NOT NULL,
	"value" double precision,
	"evaluated_at" timestamp with time zone NOT NULL,
	"told" boolean NOT NULL,
	CONSTRAINT "alert_instance_rule_target_pk" PRIMARY KEY("rule","target")
);
--> statement-breakpoint
CREATE TABLE "config"."alert_rule" (
	"name" text PRIMARY KEY NOT NULL,
	"measure" text NOT NULL,
	"scope" jsonb NOT NULL,
	"threshold" jsonb NOT NULL,
	"window_ms" integer NOT NULL,
	"for_ms" integer NOT NULL,
	"requests_min" integer NOT NULL,
	"enabled" boolean NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."alert_silence" (
	"id" uuid PRIMARY KEY NOT NULL,
	"rule" text,
	"target" text,
	"reason" text NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."notification_channel" (
	"name" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"settings" jsonb NOT NULL,
	"sealed_secret" text,
	"subscriptions" jsonb NOT NULL,
	"enabled" boolean NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"created_by" text NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."notification_delivery" (
	"id" uuid PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"message" jsonb NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"ended_at" timestamp with time zone,
	"outcome" text
);
--> statement-breakpoint
CREATE TABLE "config"."notification_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "config"."notification_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"group_name" text,
	"node" text,
	"subject" text NOT NULL,
	"topic" text NOT NULL,
	"details" jsonb NOT NULL,
	"handled_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "config"."notification_mark" (
	"subject" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "config"."alert_instance" ADD CONSTRAINT "alert_instance_rule_alert_rule_name_fk" FOREIGN KEY ("rule") REFERENCES "config"."alert_rule"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "config"."alert_silence" ADD CONSTRAINT "alert_silence_rule_alert_rule_name_fk" FOREIGN KEY ("rule") REFERENCES "config"."alert_rule"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "config"."notification_delivery" ADD CONSTRAINT "notification_delivery_channel_notification_channel_name_fk" FOREIGN KEY ("channel") REFERENCES "config"."notification_channel"("name") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alert_silence_expires_at" ON "config"."alert_silence" USING btree ("expires_at");--> statement-breakpoint
CREATE INDEX "notification_delivery_due" ON "config"."notification_delivery" USING btree ("due_at") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "notification_delivery_channel" ON "config"."notification_delivery" USING btree ("channel","created_at");--> statement-breakpoint
CREATE INDEX "notification_delivery_created" ON "config"."notification_delivery" USING btree ("created_at");--> statement-breakpoint
CREATE INDEX "notification_event_waiting" ON "config"."notification_event" USING btree ("id") WHERE handled_at is null;--> statement-breakpoint
CREATE INDEX "notification_event_at" ON "config"."notification_event" USING btree ("at");