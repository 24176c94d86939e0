CREATE TABLE "auth"."role" (
	"name" text PRIMARY KEY NOT NULL,
	"description" text NOT NULL,
	"grants" jsonb NOT NULL,
	"revision" integer DEFAULT 1 NOT NULL,
	"updated_at" timestamp (3) with time zone NOT NULL,
	"updated_by" text NOT NULL
);
--> statement-breakpoint
-- What an editor could do is a publisher's now: nobody loses anything.
UPDATE "auth"."user" SET "role" = 'publisher' WHERE "role" = 'editor';
