//! phone_crypt: the PostgreSQL edge.
pgrx::pg_module_magic!(name, version);
