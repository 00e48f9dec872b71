#!/usr/bin/env python3
"""Sends the lines of a file to a millrace that listens with --ack, and goes on where it was left.

    millrace run errors.ts tcp://127.0.0.1:9000 --ack --to errors
    python3 examples/send.py 127.0.0.1 9000 my-producer access.ndjson

Only the standard library is needed. The protocol is docs/SOCKETS.md. Ends with 0 when all lines that end with a newline
are committed, and gives up when a minute has passed without an answer.
"""

import itertools
import json
import socket
import sys
import threading
import time


GIVE_UP_SECONDS = 60


class Refused(Exception):
    """The other side has said that there is no use in coming again."""


def answers(connection):
    """What the other side says, one object a line."""
    for line in connection.makefile("r", encoding="utf-8"):
        answer = json.loads(line)
        if "error" in answer:
            if not answer.get("retry"):
                raise Refused(answer["error"])
            raise OSError(answer["error"])
        yield answer


def ended(lines):
    """All lines but a last one without a newline: it may still be written, and what is sent of it has its number for good."""
    return (line for line in lines if line.endswith(b"\n"))


def send_from(connection, path, number):
    """Sends the lines of the file from this number on, and then ends; answers go on to be read."""
    try:
        with open(path, "rb") as lines:
            for line in itertools.islice(ended(lines), number - 1, None):
                connection.sendall(line)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # whoever reads the answers sees it as well


def send_once(host, port, producer, path):
    """One connection; gives the number of lines that are committed, whenever it is told."""
    with socket.create_connection((host, port), timeout=GIVE_UP_SECONDS) as connection:
        connection.sendall(json.dumps({"producer": producer}).encode() + b"\n")
        for answer in answers(connection):
            # Only the first answer says which line comes next.
            if "next" in answer:
                threading.Thread(
                    target=send_from, args=(connection, path, answer["next"]), daemon=True
                ).start()
            yield answer["committed"]


def main(host, port, producer, path):
    with open(path, "rb") as lines:
        total = sum(1 for _ in ended(lines))
    heard = time.monotonic()
    while time.monotonic() - heard <= GIVE_UP_SECONDS:
        try:
            for committed in send_once(host, int(port), producer, path):
                heard = time.monotonic()
                if committed >= total:
                    print(f"{committed} lines are committed", file=sys.stderr)
                    return 0
        except Refused as refused:
            print(refused, file=sys.stderr)
            return 1
        except OSError:
            pass
        time.sleep(0.2)
    print(f"cannot send to {host}:{port}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
