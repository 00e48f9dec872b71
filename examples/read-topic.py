#!/usr/bin/env python3
"""Prints the committed events of a topic, byte for byte, each checked against its checksum.

    python3 examples/read-topic.py .millrace errors | jq .

Only the standard library is needed. It was written from src/store/FORMAT.md, and says which section it follows. The
exit status is 0, 2 for a wrong call, 4 where there is no such topic, and 5 where the store is damaged or of another version.
"""

import gzip
import json
import os
import re
import sys
import zlib

VERSIONS = (1, 2)
SECTOR_BYTES = 512
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}(\.dead|\.state)?")
SEALED = re.compile(rb'(?P<body>.+),"crc":"(?P<crc>[0-9a-f]{8})"\}', re.DOTALL)


class Damaged(Exception):
    """Something that was committed is not what it was."""


class NotThere(Exception):
    """There is no such topic."""


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
    if not os.path.exists(path):
        return None
    lines = open_lines(path)
    if len(lines) != 1:
        raise Damaged(f'"{path}" is damaged')
    return lines[0]["job"]


def journal_of(store, job):
    """The records of the newest journal file that has any."""
    directory = f"{store}/jobs/{job}/journal"
    files = sorted(name for name in os.listdir(directory) if re.fullmatch(r"\d{20}\.journal", name))
    for name in reversed(files):
        records = open_lines(f"{directory}/{name}")
        if records:
            return records
    raise Damaged(f'the journal of the job "{job}" is gone')


def add_up(records, topic):
    """What the records say of the topic: its end, its sealed segments by number, and the frames that they list."""
    end = {"segment": 0, "bytes": 0, "offset": 0, "crc": "00000000"}
    sealed, frames = {}, []
    for record in records:
        if record["kind"] == "snapshot":
            end = {"segment": 0, "bytes": 0, "offset": 0, "crc": "00000000"}
            sealed, frames = {}, []
        told = record["topics"].get(topic)
        if told is None:
            continue
        frames += told["frames"]
        end = told["end"]
        # What lies before the last segment is sealed by this record.
        for segment in {frame[0] for frame in frames if frame[0] < end["segment"]} - sealed.keys():
            own = [frame for frame in frames if frame[0] == segment]
            sealed[segment] = (sum(frame[1] for frame in own), own[-1][3], {})
        for segment, size, _, crc, _, _, *form in told.get("sealed", []):
            sealed[segment] = (size, crc, form[0] if form else {})
        if "earliest" in told:
            sealed = {segment: row for segment, row in sealed.items() if segment >= told["earliest"]}
            frames = [frame for frame in frames if frame[0] >= told["earliest"]]
    return end, sealed, frames


def stem_of(directory, segment, form):
    """The path of a segment's files without their endings."""
    return f"{directory}/{segment:020}" + (f".{form['edition']}" if "edition" in form else "")


def frames_of_sealed(stem, segment, size, crc, frames):
    """The frames of a sealed segment: from its index, or the journal; or all of it as one frame."""
    path = f"{stem}.index"
    try:
        (index,) = open_lines(path)
        if (index["segment"], index["bytes"], index["frames"][-1][2]) == (segment, size, crc):
            return [(size, crc) for size, _, crc, _ in index["frames"]]
    except (FileNotFoundError, ValueError, Damaged):
        pass
    return [(frame[1], frame[3]) for frame in frames if frame[0] == segment] or [(size, crc)]


def frames_in(stem, form, frames):
    """The plain bytes of the frames of one segment, each checked."""
    path = f"{stem}.ndjson" + (".gz" if "gzip" in form else "")
    crc = at = 0
    try:
        with (gzip.open if "gzip" in form else open)(path, "rb") as file:
            for size, expected in frames:
                data = file.read(size)
                crc = zlib.crc32(data, crc)
                if len(data) < size or f"{crc:08x}" != expected:
                    raise Damaged(f'"{path}" is damaged at or after byte {at}')
                at += size
                yield without_gaps(data) if "kept" in form else data
    except FileNotFoundError:
        raise Damaged(f'"{path}" is missing') from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Damaged(f'"{path}" is damaged at or after byte {at}: {error}') from None


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
    directory = f"{store}/topics/{topic}"
    end, sealed, frames = add_up(journal_of(store, owner), topic)
    for segment, (size, crc, form) in sorted(sealed.items()):
        stem = stem_of(directory, segment, form)
        own = [] if form else frames
        yield from frames_in(stem, form, frames_of_sealed(stem, segment, size, crc, own))
    last = [(frame[1], frame[3]) for frame in frames if frame[0] == end["segment"]]
    if sum(size for size, _ in last) != end["bytes"]:
        raise Damaged(f'the journal of the job "{owner}" does not add up for the topic "{topic}"')
    if last:
        yield from frames_in(stem_of(directory, end["segment"], {}), {}, last)


def main(arguments):
    if len(arguments) != 2 or not NAME.fullmatch(arguments[1]):
        print("usage: read-topic.py STORE TOPIC", file=sys.stderr)
        return 2
    try:
        for events in read_topic(*arguments):
            sys.stdout.buffer.write(events)
        sys.stdout.flush()
    except (NotThere, Damaged) as error:
        sys.stdout.flush()
        print(error, file=sys.stderr)
        return 4 if isinstance(error, NotThere) else 5
    except BrokenPipeError:
        # Nobody reads any more (`| head`): the interpreter must not try again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
