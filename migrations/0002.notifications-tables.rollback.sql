DROP TABLE notification_failures, notification_archive, notifications;
ALTER TABLE settings
    DROP COLUMN notification_max_attempts,
    DROP COLUMN notification_backoff,
    DROP COLUMN notification_backoff_max,
    DROP COLUMN notification_retention,
    DROP COLUMN notification_payload_retention,
    DROP COLUMN notification_archive,
    DROP COLUMN notification_archive_retention;
DELETE FROM applied_migrations WHERE migration_id = '0002.notifications-tables';
