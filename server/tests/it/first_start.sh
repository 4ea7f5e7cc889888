# Starts the server in a network namespace where another address reaches it, and signs in from there.
# Arguments: program, data directory, scheme, further arguments of the server.
set -euo pipefail
program=$1 data=$2 scheme=$3
shift 3
ip link set lo up
ip address add 192.0.2.1/24 dev lo
: >"$data.log"
WATCHGLASS_ADMIN_PASSWORD="correct horse" "$program" serve --listen 0.0.0.0:7070 --data-dir "$data" "$@" >>"$data.log" 2>&1 &
server=$!
trap 'kill $server; wait $server || true' EXIT
base="$scheme://192.0.2.1:7070"
get() { curl --silent --insecure --max-time 20 "$@"; }
timeout 60 grep --quiet "server started" <(tail --pid $server --lines +1 --follow "$data.log" 2>&1)
login() {
  get --output /dev/null --write-out '%{http_code}\n' --cookie-jar "$data.jar" --json '{"username":"admin","password":"correct horse"}' "$@/api/login"
}
echo "sign in by address: $(login "$base")"
echo "cookie: $(awk '!/^#|^$/ || /^#HttpOnly/ { print $6 }' "$data.jar" | tail -n 1)"
page=$(get --cookie "$data.jar" "$base/")
echo "page has charts: $(grep -c '<svg' <<<"$page" || true)"
echo "page warns: $(grep -c 'not encrypted' <<<"$page" || true)"
echo "sign in by name: $(login --resolve watchglass:7070:192.0.2.1 "$scheme://watchglass:7070")"
echo "sign in by foreign name: $(login --resolve evil.example:7070:192.0.2.1 "$scheme://evil.example:7070")"
echo "fingerprint: $(grep -c 'self-signed certificate, SHA-256 [0-9A-F:]\{95\}' "$data.log" || true)"
