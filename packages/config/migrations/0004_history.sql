CREATE TABLE "config"."history_index" (
	"id" boolean PRIMARY KEY NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."resource_change" (
	"kind" text NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"change" text NOT NULL,
	"hash" text,
	"fields" jsonb NOT NULL,
	"words" text NOT NULL,
	"blame" jsonb,
	CONSTRAINT "resource_change_kind_name_version_pk" PRIMARY KEY("kind","name","version")
);
--> statement-breakpoint
CREATE TABLE "config"."version_tag" (
	"name" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"author" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."draft_route_test" (
	"name" text PRIMARY KEY NOT NULL,
	"test" jsonb NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "config"."route_test_set" (
	"hash" text PRIMARY KEY NOT NULL,
	"tests" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "config"."version" ADD COLUMN "route_tests" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "config"."resource_change" ADD CONSTRAINT "resource_change_version_version_number_fk" FOREIGN KEY ("version") REFERENCES "config"."version"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "config"."version_tag" ADD CONSTRAINT "version_tag_version_version_number_fk" FOREIGN KEY ("version") REFERENCES "config"."version"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "resource_change_version" ON "config"."resource_change" USING btree ("version");--> statement-breakpoint
CREATE INDEX "version_tag_version" ON "config"."version_tag" USING btree ("version");--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."route_test_set" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
