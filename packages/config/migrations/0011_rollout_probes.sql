CREATE TABLE "config"."rollout_probe" (
	"rollout" bigint NOT NULL,
	"step" integer NOT NULL,
	"node" text NOT NULL,
	"state" text NOT NULL,
	"attempts" integer NOT NULL,
	"order_id" text,
	"words" jsonb,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "rollout_probe_rollout_step_node_pk" PRIMARY KEY("rollout","step","node")
);
--> statement-breakpoint
ALTER TABLE "config"."node_group" ADD COLUMN "probe" jsonb;--> statement-breakpoint
ALTER TABLE "config"."rollout_event" ADD COLUMN "words" jsonb;--> statement-breakpoint
ALTER TABLE "config"."rollout_state" ADD COLUMN "words" jsonb;--> statement-breakpoint
ALTER TABLE "config"."rollout_probe" ADD CONSTRAINT "rollout_probe_rollout_rollout_id_fk" FOREIGN KEY ("rollout") REFERENCES "config"."rollout"("id") ON DELETE no action ON UPDATE no action;