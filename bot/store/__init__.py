"""The store: where everything is kept. Plain synchronous functions over one connection, for SQLite and PostgreSQL."""
