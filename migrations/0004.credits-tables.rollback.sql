-- The extension btree_gist stays: other schemas may use it.
DROP TABLE payment_events, subscriptions, subscription_plans, credit_allocations, credit_transactions, credits;
ALTER TABLE settings
    DROP COLUMN allow_user_transfers,
    DROP COLUMN payment_event_payload_retention;
DELETE FROM applied_migrations WHERE migration_id = '0004.credits-tables';
