//! PostgreSQL: pools, migrations and every SQL statement.
