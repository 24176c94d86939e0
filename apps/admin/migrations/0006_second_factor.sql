ALTER TABLE "auth"."sign_on_policy" ALTER COLUMN "password_sign_in" SET DEFAULT 'everyone';--> statement-breakpoint
ALTER TABLE "auth"."sign_on_policy" ADD COLUMN "second_factor_since" timestamp (3) with time zone;--> statement-breakpoint
ALTER TABLE "auth"."sign_on_policy" ADD COLUMN "second_factor_grace_days" integer DEFAULT 7 NOT NULL;