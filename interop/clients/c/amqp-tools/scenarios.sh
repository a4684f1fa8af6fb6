# The scenarios that the amqp-* programs can do. See harness.sh.

LOGIN_REFUSED='ACCESS_REFUSED - Login was refused using authentication mechanism PLAIN.'

default_vhost() {
  fill 1
  equal "$(get)" 1
}

encoded_vhost() {
  url=$INTEROP_URL/%2F
  fill 1
  url=$INTEROP_URL
  equal "$(get)" 1
}

missing_vhost() {
  contains "$(refused amqp-get --url="$url/no-such-vhost" --queue=q)" \
    'server connection error 530, message: NOT_ALLOWED - vhost no-such-vhost not found'
}

wrong_password() {
  local address=${url#*@} user
  user=${url#amqp://} user=${user%%:*}
  contains "$(refused amqp-get --url="amqp://$user:wrong@$address" --queue=q)" \
    "server connection error 403, message: $LOGIN_REFUSED"
}

# routes exchange binding-key expected key...: a consumer bound to one of the predeclared exchanges
# gets, of the keys published, the expected ones. Probes show when it is bound.
routes() {
  local exchange=$1 binding=$2 expected=$3 key
  shift 3
  background amqp-consume --url="$url" --queue="$queue" --exchange="$exchange" \
    --routing-key="$binding" cat
  until_true probe "$exchange" "${binding//[*#]/x}"
  for key in "$@" "${binding//[*#]/x}"; do
    amqp-publish --url="$url" --exchange="$exchange" --routing-key="$key" \
      --body="$key"$'\n'
  done
  until_true grep -q "^${binding//[*#]/x}\$" "$folder/background"
  equal "$(grep -v '^probe$' "$folder/background" | head -n -1 | tr '\n' ' ')" "$expected"
}

probe() {
  amqp-publish --url="$url" --exchange="$1" --routing-key="$2" --body=probe$'\n'
  grep -q probe "$folder/background"
}

exchange_direct() { routes amq.direct red 'red ' blue red redder; }

exchange_fanout() { routes amq.fanout ignored 'any other ' any other; }

exchange_topic() {
  routes amq.topic "$queue.*.#" "$queue.usd $queue.usd.nyse " \
    "$queue" "$queue.usd" other "$queue.usd.nyse"
}

get_one_by_one() {
  fill 3
  equal "$(get) $(get) $(get)" '1 2 3'
}

get_empty() {
  local code=0
  declare_queue "$queue"
  get || code=$?
  equal "$code" 2
}

# A consumer that does not finish its first message has two of five; the third is still there.
consume_prefetch() {
  fill 5
  printf 'cat; touch "$1/holding"; cat "$1/fifo"\n' >"$folder/hold.sh"
  mkfifo "$folder/fifo"
  background amqp-consume --url="$url" --queue="$queue" --prefetch-count=2 \
    sh "$folder/hold.sh" "$folder"
  until_true test -e "$folder/holding"
  equal "$(get)" 3
}

ack_each() {
  fill 5
  equal "$(amqp-consume --url="$url" --queue="$queue" --count=5 cat | tr '\n' ' ')" '1 2 3 4 5 '
  get_is_empty
}

auto_ack() {
  fill 3
  amqp-consume --url="$url" --queue="$queue" --count=3 --no-ack false || true
  get_is_empty
}

get_is_empty() {
  local code=0
  get || code=$?
  equal "$code" 2
}

body_empty() {
  declare_queue "$queue"
  publish "$queue" ''
  equal "$(get | wc -c)" 0
  get_is_empty
}

body_10mib() {
  declare_queue "$queue"
  head -c 10485760 /dev/urandom >"$folder/sent"
  amqp-publish --url="$url" --routing-key="$queue" <"$folder/sent"
  get >"$folder/received"
  cmp "$folder/sent" "$folder/received"
}

unicode_names() {
  queue="$queue.очередь.队列.🐇"
  declare_queue "$queue"
  publish "$queue" 'Grüße, 兎 and 🐇'
  equal "$(get)" 'Grüße, 兎 and 🐇'
}

exclusive_queue_locked() {
  background amqp-consume --url="$url" --queue="$queue" --exclusive cat
  until_true is_locked
  contains "$(refused get)" "RESOURCE_LOCKED - cannot obtain exclusive access to locked queue \
'$queue' in vhost '/'"
  publish "$queue" mine
  until_true grep -q mine "$folder/background"
}

is_locked() { refused get | grep -q 'channel error 405'; }

heartbeat_silence() {
  fill 1
  background amqp-consume --url="$url" --heartbeat=1 --queue="$queue" cat
  until_true grep -q 1 "$folder/background"
  sleep 5 # the silence is what is under test
  publish "$queue" 'after'$'\n'
  until_true grep -q after "$folder/background"
}

broker_killed_reported() {
  local answer pid
  open_control
  control start
  url=$answer
  fill 1
  background amqp-consume --url="$url" --queue="$queue" cat
  pid=${pids[-1]}
  until_true grep -q 1 "$folder/background"
  control kill
  until_true gone "$pid"
  # A killed broker leaves an end of stream or a reset, whichever the kernel sees first.
  grep -qE 'connection closed|socket error' "$folder/background" ||
    fail "reported: $(cat "$folder/background")"
}

gone() { ! kill -0 "$1" 2>/dev/null; }
