//! Tests of the whole system on real PostgreSQL and Redis.
