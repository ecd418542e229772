#!/bin/bash
# The health checks of the containers: `health.sh http://127.0.0.1:9153/ready` ends with 0 when it answers 200.
# The engine knows one interval, for a container that starts and for one that has been well for days. So it asks often,
# and what was well the last time is asked again only after a rest: a check is a process, and costs more than the idle
# service that it looks at.
set -u
url=$1
place=${url#*://}
authority=${place%%/*}
# Gone when the container starts again.
well=/dev/shm/kubets-well
if [ -e "$well" ]; then
  sleep 30
  rm -f "$well"
fi

answers_plainly() {
  local code
  printf 'GET /%s HTTP/1.0\r\nHost: %s\r\n\r\n' "${place#*/}" "$authority" >&3
  read -r -t 3 _ code _ <&3 && [ "$code" = 200 ]
}

# Who does not even listen yet is not worth a Node.
exec 3<>"/dev/tcp/${authority%:*}/${authority##*:}" || exit 1
case $url in
  https:*) node /opt/kubets/health.cjs "$url" ;;
  *) answers_plainly ;;
esac && touch "$well"
