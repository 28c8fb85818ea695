ALTER TABLE settings DROP COLUMN therapy_session_cost;
DELETE FROM applied_migrations WHERE migration_id = '0006.therapy-settings';
