#!/bin/sh
# Runs one service of the cluster: `service.sh apiserver --flag=value`. What only the container knows is added here.
set -eu
service=$1
shift
program=/opt/kubets/apps/$service/dist/main.js
if [ ! -f "$program" ]; then
  echo "there is no service \"$service\"" >&2
  exit 2
fi
if [ "$service" = apiserver ] && [ -f /pki/apiserver/postgres-password ]; then
  # Every replica answers at its own address; a password has no place on a command line.
  PGPASSWORD=$(cat /pki/apiserver/postgres-password)
  export PGPASSWORD
  set -- --advertise-address="$(hostname -i | cut -d' ' -f1)" "$@"
fi
exec node "$program" "$@"
