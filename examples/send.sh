#!/usr/bin/env bash
# Sends the lines of a file to a millrace that listens with --ack, with bash alone, and goes on where it was left:
#
#   millrace run errors.ts tcp://127.0.0.1:9000 --ack --to errors
#   examples/send.sh 127.0.0.1 9000 my-producer access.ndjson
#
# The protocol is docs/SOCKETS.md. Ends with 0 when all lines that end with a newline are committed, and gives up when a
# minute has passed without an answer.
set -u
host=$1 port=$2 producer=$3 file=$4
# A connection that breaks while it is written to must not end the script.
trap '' PIPE
total=$(wc -l <"$file")
committed=-1
heard=$SECONDS

# One connection; returns 0 when everything is committed.
attempt() {
  { exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null || return 1
  printf '{"producer":"%s"}\n' "$producer" 2>/dev/null >&3
  local answer sender=
  while read -r -u 3 answer 2>/dev/null; do
    if [[ $answer == *'"error"'* ]]; then
      echo "$answer" >&2
      [[ $answer == *'"retry":true'* ]] || exit 1
      break
    fi
    [[ $answer =~ \"committed\":([0-9]+) ]] || continue
    committed=${BASH_REMATCH[1]}
    heard=$SECONDS
    [ "$committed" -lt "$total" ] || break
    # The first answer says which line comes next; they are sent beside, while answers are read here.
    if [ -z "$sender" ] && [[ $answer =~ \"next\":([0-9]+) ]]; then
      tail -n "+${BASH_REMATCH[1]}" "$file" >&3 2>/dev/null &
      sender=$!
    fi
  done
  [ -z "$sender" ] || kill "$sender" 2>/dev/null
  exec 3>&-
  [ "$committed" -ge "$total" ]
}

until attempt; do
  if ((SECONDS - heard > 60)); then
    echo "cannot send to $host:$port" >&2
    exit 1
  fi
  sleep 0.2
done
echo "$committed lines are committed" >&2
