"""Runs a command on a terminal of its own, and presses Ctrl and a key from when a file is there until the command has ended.

    python3 terminal.py FILE KEY COMMAND ...

Prints as JSON what was shown, by which signal the command has ended, and whether the terminal still waits for Enter and
shows what is typed.
"""

import json
import os
import pty
import resource
import select
import signal
import sys
import termios

begun, key, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.execvp(command[0], command)

# A command that never ends must not keep the tests: it goes with its terminal.
signal.alarm(100)
shown = b""
while True:
    ready, _, _ = select.select([terminal], [], [], 0.1)
    if not ready:
        if os.path.exists(begun):
            os.write(terminal, bytes([ord(key) & 0x1F]))
        continue
    try:
        shown += os.read(terminal, 65536)
    except OSError:
        break  # nobody has it open any more
_, status = os.waitpid(pid, 0)
modes = termios.tcgetattr(terminal)[3]
json.dump(
    {
        "shown": shown.decode("utf8", "replace"),
        "signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None,
        "waitsForEnter": bool(modes & termios.ICANON),
        "echoes": bool(modes & termios.ECHO),
    },
    sys.stdout,
)
