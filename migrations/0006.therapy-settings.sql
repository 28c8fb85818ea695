-- Therapy: clients book therapists for credits. Its sessions are the calendar's, its payments the ledger's.
-- depends: 0004.credits-tables 0005.calendar-tables

ALTER TABLE settings
    ADD COLUMN therapy_session_cost integer NOT NULL DEFAULT 1 CHECK (therapy_session_cost BETWEEN 0 AND 1000000);
COMMENT ON COLUMN settings.therapy_session_cost IS 'Credits that a therapy session costs.';

INSERT INTO applied_migrations (migration_id) VALUES ('0006.therapy-settings');
