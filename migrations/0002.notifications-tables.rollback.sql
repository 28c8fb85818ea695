DROP TABLE notification_failures, notifications;
DELETE FROM applied_migrations WHERE migration_id = '0002.notifications-tables';
