#!/bin/sh
# A database and a role for each service, when the volume is new. No role reaches another's database.
set -eu

make() { # SERVICE PASSWORD
  psql --quiet -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d postgres -v role="$1" -v database="kept_$1" -v password="$2" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"database" OWNER :"role";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
SQL
}

make intake "$INTAKE_DB_PASSWORD"
make commitments "$COMMITMENTS_DB_PASSWORD"
make notifications "$NOTIFICATIONS_DB_PASSWORD"
make feedback "$FEEDBACK_DB_PASSWORD"
