-- The extension btree_gist stays: other schemas may use it.
DROP TABLE client_sessions, slot_holds, availability_exceptions, availability_rules, practitioners;
ALTER TABLE settings
    DROP COLUMN session_cancel_notice,
    DROP COLUMN hold_ttl,
    DROP COLUMN hold_ttl_max,
    DROP COLUMN holds_per_person,
    DROP COLUMN slot_search_days,
    DROP COLUMN complete_sessions_after;
DELETE FROM applied_migrations WHERE migration_id = '0005.calendar-tables';
