//! A private PostgreSQL and Redis, started from the machine's own binaries.
