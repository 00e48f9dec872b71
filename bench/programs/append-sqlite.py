"""Inserts the lines of a file into SQLite (WAL, synchronous=FULL), with a commit at intervals.

    append-sqlite.py INPUT DATABASE MS

The lines are in memory before the clock starts. Prints the seconds until all was durable, and the number of commits.
"""

import json
import sqlite3
import sys
import time

ROWS = 4000

source, path, interval = sys.argv[1], sys.argv[2], float(sys.argv[3]) / 1000
with open(source, encoding="utf-8") as file:
    rows = [(line,) for line in file.read().splitlines()]
started = time.perf_counter()
database = sqlite3.connect(path, isolation_level=None)
database.execute("PRAGMA journal_mode=WAL")
database.execute("PRAGMA synchronous=FULL")
database.execute("CREATE TABLE events (offset INTEGER PRIMARY KEY, event TEXT NOT NULL)")
database.execute("BEGIN")
last, commits = time.perf_counter(), 0
for at in range(0, len(rows), ROWS):
    database.executemany("INSERT INTO events (event) VALUES (?)", rows[at : at + ROWS])
    if time.perf_counter() - last < interval:
        continue
    database.execute("COMMIT")
    database.execute("BEGIN")
    last, commits = time.perf_counter(), commits + 1
database.execute("COMMIT")
print(json.dumps({"seconds": time.perf_counter() - started, "syncs": commits + 1}))
