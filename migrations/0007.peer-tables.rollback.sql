DROP TABLE credit_rates;
DELETE FROM applied_migrations WHERE migration_id = '0007.peer-tables';
