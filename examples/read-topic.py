#!/usr/bin/env python3
"""Prints the committed events of a topic, byte for byte, each checked against its checksum.

    python3 examples/read-topic.py .millrace errors | jq .

Only the standard library is needed. It was written from src/store/FORMAT.md, and says which section it follows. A job
may write meanwhile. The exit status is 0, 2 for a wrong call, 4 where there is no such topic or what comes next of it is
not kept any more, and 5 where the store is damaged or of another version.
"""

import gzip
import json
import os
import re
import sys
import zlib
from typing import NamedTuple

VERSIONS = (1, 2)
SECTOR_BYTES = 512
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(\.dead|\.state)?")
SEALED = re.compile(rb'(?P<body>.+),"crc":"(?P<crc>[0-9a-f]{8})"\}', re.DOTALL)


class Damaged(Exception):
    """Something that was committed is not what it was."""


class NotThere(Exception):
    """There is no such topic."""


class Moved(Exception):
    """What comes next was removed while the topic was read."""


# --- Sealed lines -----------------------------------------------------------------------------------------------------


def open_line(line, crc):
    """The object in a line without its newline and the line's checksum; None where it is not as it was written."""
    sealed = SEALED.fullmatch(line)
    if sealed is None:
        return None
    body = sealed["body"]
    crc = zlib.crc32(body, crc)
    if b"%08x" % crc != sealed["crc"]:
        return None
    return json.loads(body + b"}"), crc


def is_torn(rest, offset, crc):
    """Whether `rest`, from a bad line to the end of its file, is what an interrupted write leaves behind."""
    line, newline, after = rest.partition(b"\n")
    if after.strip(b"\0"):
        return False
    at = 0
    while at < len(rest):
        end = min(len(rest), at + SECTOR_BYTES - (offset + at) % SECTOR_BYTES)
        if not rest[at:end].strip(b"\0"):
            return True
        at = end
    # Whole but for its newline: that byte was changed, not left out.
    return not newline and open_line(line[:-1], crc) is None


def open_lines(path):
    """The objects in a file of sealed lines, without a torn last line."""
    with open(path, "rb") as file:
        # The writer may have written a line and not synced it yet.
        os.fdatasync(file.fileno())
        content = file.read()
    objects, at, crc = [], 0, 0
    while at < len(content):
        end = content.find(b"\n", at)
        opened = open_line(content[at:end], crc) if end >= 0 else None
        if opened is None:
            if is_torn(content[at:], at, crc):
                break
            raise Damaged(f'"{path}" is damaged at byte {at}')
        objects.append(opened[0])
        crc = opened[1]
        at = end + 1
    return objects


# --- To read a topic --------------------------------------------------------------------------------------------------


def check_version(store):
    try:
        with open(f"{store}/store.json", encoding="utf-8") as file:
            version = json.load(file).get("version")
    except FileNotFoundError:
        raise NotThere(f'there is no store "{store}"') from None
    except (ValueError, AttributeError):
        raise Damaged(f'"{store}/store.json" is damaged') from None
    if version not in VERSIONS:
        raise Damaged(f'the store "{store}" has the format version {version}, this reader knows 1 and 2')


def owner_of(store, topic):
    """The job that writes the topic, or None where there is none."""
    path = f"{store}/topics/{topic}/topic.json"
    try:
        lines = open_lines(path)
    except FileNotFoundError:
        return None
    if len(lines) != 1:
        raise Damaged(f'"{path}" is damaged')
    return lines[0]["job"]


def journal_of(store, job):
    """The records of the newest journal file that has any."""
    directory = f"{store}/jobs/{job}/journal"
    before = None
    while True:
        names = os.listdir(directory) if os.path.exists(directory) else []
        files = sorted(name for name in names if re.fullmatch(r"\d{20}\.journal", name))
        try:
            for name in reversed(files):
                records = open_lines(f"{directory}/{name}")
                if records:
                    return records
        except FileNotFoundError:
            # The writer has begun another file since, and removed this one.
            if files != before:
                before = files
                continue
        raise Damaged(f'the journal of the job "{job}" is gone')


class Log(NamedTuple):
    """What the journal says of a topic."""

    epoch: int
    earliest: int
    end: dict
    sealed: dict  # by segment: its bytes, lines, checksum and form
    frames: list

    def row_of(self, segment):
        """What tells whether a segment is still the same; of the last one, which grows, only that it is the last."""
        return self.sealed.get(segment, segment == self.end["segment"])

    def segment_of(self, offset):
        """The segment with the first event from `offset` on, and the offset behind the segment."""
        for segment, (_, lines, _, _) in sorted(self.sealed.items()):
            if segment + lines > offset:
                return segment, segment + lines
        return self.end["segment"], self.end["offset"]


def read_log(store, job, topic):
    log = add_up(journal_of(store, job), topic)
    last = [frame[1] for frame in log.frames if frame[0] == log.end["segment"]]
    if sum(last) != log.end["bytes"]:
        raise Damaged(f'the journal of the job "{job}" does not add up for the topic "{topic}"')
    return log


def add_up(records, topic):
    """What the records say of the topic, one after the other."""
    for record in records:
        if record["kind"] == "snapshot":
            earliest, end = 0, {"segment": 0, "bytes": 0, "offset": 0, "crc": "00000000"}
            sealed, frames = {}, []
        told = record["topics"].get(topic)
        if told is None:
            continue
        frames += told["frames"]
        end = told["end"]
        # What lies before the last segment is sealed by this record.
        for segment in {frame[0] for frame in frames if frame[0] < end["segment"]} - sealed.keys():
            own = [frame for frame in frames if frame[0] == segment]
            sealed[segment] = (sum(frame[1] for frame in own), sum(frame[2] for frame in own), own[-1][3], {})
        for segment, size, lines, crc, _, _, *form in told.get("sealed", []):
            sealed[segment] = (size, lines, crc, form[0] if form else {})
        if "earliest" in told:
            earliest = told["earliest"]
            sealed = {segment: row for segment, row in sealed.items() if segment >= earliest}
            frames = [frame for frame in frames if frame[0] >= earliest]
    return Log(records[-1]["epoch"], earliest, end, sealed, frames)


def stem_of(directory, segment, form):
    """The path of a segment's files without their endings."""
    return f"{directory}/{segment:020}" + (f".{form['edition']}" if "edition" in form else "")


def frames_of(stem, log, segment):
    """The frames of a segment: from its index, or the journal; or all of a sealed one as one frame."""
    own = [(size, lines, crc) for of, size, lines, crc, _ in log.frames if of == segment]
    if segment not in log.sealed:
        return own
    size, lines, crc, form = log.sealed[segment]
    try:
        (index,) = open_lines(f"{stem}.index")
        frames = [tuple(frame[:3]) for frame in index["frames"]]
        if (index["segment"], index["bytes"], index["events"], frames[-1][2]) == (segment, size, lines, crc):
            return frames
    except (FileNotFoundError, ValueError, Damaged):
        pass
    return own if own and not form else [(size, lines, crc)]


def events_in(directory, log, segment, offset):
    """The events of a segment from `offset` on, a frame at a time, each checked; with the offset behind the frame."""
    form = log.sealed[segment][3] if segment in log.sealed else {}
    stem = stem_of(directory, segment, form)
    path = f"{stem}.ndjson" + (".gz" if "gzip" in form else "")
    crc, at, behind = 0, 0, segment
    try:
        with (gzip.open if "gzip" in form else open)(path, "rb") as file:
            for size, lines, expected in frames_of(stem, log, segment):
                data = file.read(size)
                crc = zlib.crc32(data, crc)
                if len(data) < size or f"{crc:08x}" != expected:
                    raise Damaged(f'"{path}" is damaged at or after byte {at}')
                first, behind, at = behind, behind + lines, at + size
                if behind > offset:
                    left = lines_from(data, offset - first)
                    yield without_gaps(left) if "kept" in form else left, behind
    except FileNotFoundError:
        raise Damaged(f'"{path}" is missing') from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Damaged(f'"{path}" is damaged at or after byte {at}: {error}') from None


def lines_from(data, count):
    """What is left of the lines without the first so many."""
    at = 0
    for _ in range(count):
        at = data.index(b"\n", at) + 1
    return data[at:]


def without_gaps(data):
    """The lines that are not empty: the others stand for events that compaction has taken out."""
    return b"".join(line for line in data.splitlines(keepends=True) if line != b"\n")


def read_topic(store, topic):
    """The committed events of a topic, a frame at a time."""
    check_version(store)
    owner = owner_of(store, topic)
    if owner is None and topic.endswith(".dead"):
        # Dead letters of which there are none: the topic comes to be with the first.
        owner = owner_of(store, topic[: -len(".dead")])
    if owner is None:
        raise NotThere(f'there is no topic "{topic}" in "{store}"')
    log = read_log(store, owner, topic)
    offset, begun = log.earliest, False
    while offset < log.end["offset"]:
        segment, end = log.segment_of(offset)
        try:
            for events, behind in events_in(f"{store}/topics/{topic}", log, segment, offset):
                offset, begun = behind, True
                yield events
            offset = end
        except Damaged:
            # Compressed, compacted or removed since, unless the journal says that it is as it was.
            before, log = log, read_log(store, owner, topic)
            if log.epoch != before.epoch:
                raise Moved(f'the topic "{topic}" was started over while it was read') from None
            if log.row_of(segment) == before.row_of(segment):
                raise
            if offset < log.earliest and begun:
                kept = f"is no longer kept; the earliest is {log.earliest}"
                raise Moved(f'offset {offset} of the topic "{topic}" {kept}') from None
            offset = max(offset, log.earliest)


def main(arguments):
    if len(arguments) != 2 or not NAME.fullmatch(arguments[1]):
        print("usage: read-topic.py STORE TOPIC", file=sys.stderr)
        return 2
    try:
        for events in read_topic(*arguments):
            sys.stdout.buffer.write(events)
        sys.stdout.flush()
    except (NotThere, Moved, Damaged) as error:
        sys.stdout.flush()
        print(error, file=sys.stderr)
        return 5 if isinstance(error, Damaged) else 4
    except BrokenPipeError:
        # Nobody reads any more (`| head`): the interpreter must not try again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
