#!/usr/bin/env bash
# Makes the hub's and the registry's database, each with an owner of its own; PostgreSQL's image runs it once.
set -euo pipefail

make_database() {
  # The password is read by psql itself, so that it stands in no list of processes.
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set name="$1" --set file="${SECRETS:-/run/secrets}/$2" <<'END'
\set password `cat :'file'`
SET log_min_error_statement = panic;
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
END
}

make_database placehub database_password
make_database registry registry_password

# The hub begins a new file of the log and a checkpoint when keys were destroyed, so that the log has them no more.
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname placehub <<'END'
GRANT pg_checkpoint TO placehub;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_switch_wal() TO placehub;
END
