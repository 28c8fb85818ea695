-- Tells idle workers that something is due. An idle worker holds the advisory lock while it listens: without one nobody is told,
-- for a transaction that notifies makes the commits of all others that do wait for its own. Polling covers whatever gets lost.
CREATE OR REPLACE FUNCTION _wake_workers() RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path FROM CURRENT
AS $$
BEGIN
    IF NOT pg_try_advisory_xact_lock_shared(hashtextextended('bookingdb.idle_worker.' || current_schema(), 0)) THEN
        PERFORM pg_notify('bookingdb_notifications', current_schema());
    END IF;
END
$$;
REVOKE ALL ON FUNCTION _wake_workers FROM PUBLIC, anon, authenticated, service_role;
