-- Group roles and what they may do. Run after the migrations, every time, so that it covers new tables and roles that
-- have come meanwhile. Roles belong to the whole cluster: they may exist, and creating them may be somebody else's right.
DO $roles$
DECLARE
    role_name text;
    relation record;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['cryptostream_writer', 'cryptostream_reader'] LOOP
        IF EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            CONTINUE;
        END IF;
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL;
            WHEN insufficient_privilege THEN
                RAISE WARNING 'role % does not exist and % may not create roles: have an administrator run '
                    '"CREATE ROLE % NOLOGIN", then run "cryptostream migrate" again',
                    role_name, current_user, role_name;
        END;
    END LOOP;

    FOR relation IN
        SELECT classes.relname AS name, classes.oid::regclass AS identity,
               classes.relkind IN ('r', 'p')
                   AND classes.relname NOT IN ('crypto_migrations', 'crypto_retention') AS written
        FROM pg_class AS classes
        WHERE classes.relnamespace = current_schema()::regnamespace
          AND classes.relkind IN ('r', 'p', 'v', 'm')
          AND (classes.relname LIKE 'crypto\_%' OR classes.relname = 'feed_gaps')
    LOOP
        IF to_regrole('cryptostream_writer') IS NOT NULL THEN
            EXECUTE format('GRANT SELECT ON %s TO cryptostream_writer', relation.identity);
            IF relation.written THEN
                EXECUTE format('GRANT INSERT, UPDATE, DELETE ON %s TO cryptostream_writer', relation.identity);
            END IF;
        END IF;
        IF to_regrole('cryptostream_reader') IS NOT NULL THEN
            EXECUTE format('GRANT SELECT ON %s TO cryptostream_reader', relation.identity);
        END IF;
    END LOOP;

    FOREACH role_name IN ARRAY ARRAY['cryptostream_writer', 'cryptostream_reader'] LOOP
        IF to_regrole(role_name) IS NOT NULL THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', current_schema(), role_name);
        END IF;
    END LOOP;

    BEGIN
        EXECUTE format('ALTER ROLE cryptostream_reader IN DATABASE %I SET default_transaction_read_only = on',
                       current_database());
        EXECUTE format('ALTER ROLE cryptostream_reader IN DATABASE %I SET statement_timeout = ''30s''',
                       current_database());
    EXCEPTION
        WHEN undefined_object OR insufficient_privilege THEN
            NULL;
    END;
END
$roles$;

-- Settings of a role are not inherited by its members, so a reading login gets them itself.
CREATE OR REPLACE PROCEDURE crypto_grant_reader(login name) LANGUAGE plpgsql AS $procedure$
BEGIN
    EXECUTE format('GRANT cryptostream_reader TO %I', login);
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_read_only = on', login, current_database());
    EXECUTE format('ALTER ROLE %I IN DATABASE %I SET statement_timeout = ''30s''', login, current_database());
END
$procedure$;
REVOKE ALL ON PROCEDURE crypto_grant_reader(name) FROM PUBLIC;
COMMENT ON PROCEDURE crypto_grant_reader(name) IS
    'Let an existing login read: SELECT only, read-only transactions, 30 s a statement in this database';
