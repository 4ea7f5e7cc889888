# Starts the server in a network namespace, as in a container, and uses it from another namespace, as from another machine.
# Arguments: program, data directory, scheme, further arguments of the server. Without any, it only tries the namespaces.
set -euo pipefail
ip link set lo up
unshare --net sleep infinity &
machine=$!
trap 'kill $machine' EXIT
until [ "$(readlink "/proc/$machine/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
ip link add eth0 type veth peer name eth1 netns "$machine"
ip address add 192.0.2.1/24 dev eth0
ip link set eth0 up
there() { nsenter --target "$machine" --net "$@"; }
there ip address add 192.0.2.2/24 dev eth1
there ip link set eth1 up
if [ $# = 0 ]; then
  curl --version
  exit
fi

program=$1 data=$2 scheme=$3
shift 3
: >"$data.log"
WATCHGLASS_ADMIN_PASSWORD="correct horse" "$program" serve --listen 0.0.0.0:7070 --data-dir "$data" "$@" >>"$data.log" 2>&1 &
server=$!
trap 'kill $machine $server; wait $server || true' EXIT
base="$scheme://192.0.2.1:7070"
get() { there curl --silent --insecure --max-time 20 "$@"; }
timeout 60 grep --quiet "server started" <(tail --pid $server --lines +1 --follow "$data.log" 2>&1)
login() {
  get --output /dev/null --write-out '%{http_code}\n' --cookie-jar "$data.jar" --json '{"username":"admin","password":"correct horse"}' "$@/api/login"
}
# Values that arrive at the page one second after the other, up to three.
live() {
  get --http1.1 --no-buffer --cookie "$data.jar" --header "Connection: Upgrade" --header "Upgrade: websocket" \
    --header "Sec-WebSocket-Version: 13" --header "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" \
    --header "Sec-WebSocket-Protocol: watchglass.json.v1" "$base/ws/live" |
    stdbuf --output 0 tr '{' '\n' | grep --text --max-count 3 '"type":"metrics"' | wc --lines
}
echo "sign in by address: $(login "$base")"
echo "cookie: $(awk '!/^#|^$/ || /^#HttpOnly/ { print $6 }' "$data.jar" | tail -n 1)"
echo "live: $(live || true)"
page=$(get --cookie "$data.jar" "$base/")
echo "page has charts: $(grep -c '<svg' <<<"$page" || true)"
echo "page warns: $(grep -c 'not encrypted' <<<"$page" || true)"
echo "sign in by name: $(login --resolve watchglass:7070:192.0.2.1 "$scheme://watchglass:7070")"
echo "sign in by foreign name: $(login --resolve evil.example:7070:192.0.2.1 "$scheme://evil.example:7070")"
echo "fingerprint: $(grep -c 'self-signed certificate, SHA-256 [0-9A-F:]\{95\}' "$data.log" || true)"
