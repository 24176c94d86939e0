INSERT INTO "config"."draft_lock" ("id") VALUES (true);
--> statement-breakpoint
CREATE FUNCTION "config"."refuse_change"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is immutable', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."blob" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."bucket" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."tree" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."version" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."rollout" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
--> statement-breakpoint
CREATE TRIGGER "immutable" BEFORE UPDATE OR DELETE OR TRUNCATE ON "config"."audit_event" FOR EACH STATEMENT EXECUTE FUNCTION "config"."refuse_change"();
