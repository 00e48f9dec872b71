"""Reads a topic with read-topic.py, and runs a command when the reader is about to open a file whose path has PART.

    python3 read-while.py SCRIPT PART COMMAND STORE TOPIC

So what a job does to a store while it is read happens at one place in the reading, and only once.
"""

import builtins
import importlib.util
import subprocess
import sys

script, part, command, *arguments = sys.argv[1:]
real_open = builtins.open
done = []


def open_after(path, *args, **kwargs):
    if part in str(path) and not done:
        done.append(path)
        subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
    return real_open(path, *args, **kwargs)


spec = importlib.util.spec_from_file_location("read_topic", script)
reader = importlib.util.module_from_spec(spec)
spec.loader.exec_module(reader)
builtins.open = open_after
status = reader.main(arguments)
sys.exit(status if done else f'no file with "{part}" was opened')
