"""SQL over a version: one statement of a user, run by DuckDB in a process that can reach nothing but its pipes."""
