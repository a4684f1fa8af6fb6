# Functions for the scenarios: reporting, waiting, cleaning up. Each scenario runs in a shell of its
# own with a folder of its own ($folder), and fails by `fail reason` or any failing command. What
# it starts with `background` is ended after it, by process id; what it declares with `declare` is
# deleted after it.

LIMIT_SECONDS=20
ANSWER_LIMIT_SECONDS=60
failures=0

# asked name: whether the runner asks for a scenario.
asked() {
  case " $INTEROP_SCENARIOS " in *" $1 "*) ;; *) return 1 ;; esac
}

# run name function: runs a scenario and reports it.
run() {
  local name=$1 function=$2 folder reason code
  asked "$name" || return 0
  folder=$(mktemp -d)
  # Not as a condition: in those, set -e would not hold.
  (scenario "$name" "$function") >"$folder/output" 2>&1
  code=$?
  if [ "$code" -eq 0 ]; then
    echo "ok $name"
  elif [ -s "$folder/skip" ]; then
    echo "skip $name - $(cat "$folder/skip")"
  else
    [ -s "$folder/reason" ] || tail -n 2 "$folder/output" >"$folder/reason"
    reason=$(tr '\n' ' ' <"$folder/reason")
    echo "not ok $name - ${reason:-no reason given}"
    failures=1
  fi
  rm -rf "$folder"
}

skip() { ! asked "$1" || echo "skip $1 - $2"; }

scenario() {
  set -eE
  trap 'failed "$BASH_COMMAND"' ERR
  queue="interop.amqp-tools.$$.$1"
  url=$INTEROP_URL
  pids=() declared=()
  trap clean_up EXIT
  shell=$BASHPID
  mkfifo "$folder/never"
  watcher=
  limit "$LIMIT_SECONDS"
  "$2"
}

# limit seconds: the time limit of the scenario from now on.
limit() {
  [ -z "$watcher" ] || kill "$watcher"
  watch "$shell" "$1" &
  watcher=$!
}

# watch pid seconds: ends the scenario then. Without a process of its own that would outlive it.
watch() {
  read -r -t "$2" <>"$folder/never" || true
  echo "no end after $2 s" >"$folder/reason"
  kill -TERM "$1"
}

# open_control: the runner's control port as descriptor 3; skips where there is none.
open_control() {
  if [ -z "${INTEROP_CONTROL:-}" ]; then
    echo 'the runner did not start this broker, so it cannot kill it' >"$folder/skip"
    exit 1
  fi
  exec 3<>"/dev/tcp/${INTEROP_CONTROL%:*}/${INTEROP_CONTROL#*:}"
}

# control request: what the runner answers about the scenario's own broker, in $answer. What a
# broker takes to start is no matter of the client's, so that the limit begins again after it.
control() {
  local word
  limit "$ANSWER_LIMIT_SECONDS"
  echo "$1" >&3
  read -r word answer <&3
  limit "$LIMIT_SECONDS"
  equal "$word" ok
}

clean_up() {
  local pid name
  for pid in "$watcher" "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for name in "${declared[@]}"; do
    amqp-delete-queue --url="$url" --queue="$name" >/dev/null 2>&1 || true
  done
}

fail() {
  trap - ERR
  echo "$*" >"$folder/reason"
  exit 1
}

# failed command: names it, behind what it said itself.
failed() {
  [ -s "$folder/reason" ] || { tail -n 1 "$folder/output"; echo "failed: $1"; } >"$folder/reason"
}

declare_queue() {
  declared+=("$1")
  amqp-declare-queue --url="$url" --queue="$1" >/dev/null
}

# publish key body
publish() { amqp-publish --url="$url" --routing-key="$1" --body="$2"; }

# fill count: the scenario's queue with the messages 1 to count, a line each.
fill() {
  local number
  declare_queue "$queue"
  for number in $(seq 1 "$1"); do publish "$queue" "$number"$'\n'; done
}

get() { amqp-get --url="$url" --queue="$queue"; }

# background command...: standard output and error go to $folder/background.
background() {
  "$@" >"$folder/background" 2>&1 </dev/null &
  pids+=($!)
}

equal() { [ "$1" = "$2" ] || fail "expected '$2', got '$1'"; }

contains() { [[ "$1" == *"$2"* ]] || fail "expected to find '$2' in '$1'"; }

# until command...: waits, 10 s at most, until it succeeds.
until_true() {
  local tries
  for tries in $(seq 1 100); do
    if "$@"; then return 0; fi
    sleep 0.1
  done
  fail "waited in vain for: $*"
}

# refused command...: what a command that must fail says.
refused() {
  if "$@" 2>&1; then echo "not refused"; fi
}
