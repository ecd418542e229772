#!/bin/sh
# Runs one service of the cluster: `service.sh apiserver --flag=value`. What only the container knows is added here.
set -eu
service=$1
shift
# A node is containerd, kubelet and proxy, and what the kubets program makes for them.
if [ "$service" = node ]; then program=kubets; else program=$service; fi
program=/opt/kubets/apps/$program/dist/main.js
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
if [ "$service" = node ]; then
  node "$program" prepare-node --plan=/run/kubets-node.json "$@"
  # It looks after the others, and keeps little memory for what it allocates.
  exec node --max-semi-space-size=1 /opt/kubets/apps/kubets/dist/node-main.js /run/kubets-node.json
fi
exec node "$program" "$@"
