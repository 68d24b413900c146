"""Logs that fare as badly as logs may, for `soak`.

What happens to them is random, but nothing is taken out of Sidelight's reach that it promises to
count: see "What nobody can promise" in deploy/tailing.md.
"""

import gzip
import os
import shutil
import time

from native_lines import Generator, Totals, encode


class Lines:
    """Draws lines and adds each to the totals once it is written to its end."""

    def __init__(self, rng):
        self.rng, self.totals = rng, Totals()
        self.generator = Generator(rng.randrange(1 << 30))
        self.drawn = []
        self.places = {}  # of requests, by id: for whoever looks for a lost one

    def draw(self):
        if not self.drawn:
            self.drawn = self.generator.request()
        return self.drawn.pop(0)


def tick():
    """Waits until files made from now on are younger than those there are."""
    before = time.clock_gettime(time.CLOCK_REALTIME)
    while time.clock_gettime(11) <= before:  # CLOCK_REALTIME_COARSE
        time.sleep(0.001)


class Writer:
    """A process that has a log open; its last line may be unfinished."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        self.line, self.rest = None, b""

    def close(self):
        os.close(self.descriptor)


class Log:
    """One followed file. `drained` is true while all of it is known to be counted, `known` once a
    line of its present content is; `is_down` while no Sidelight runs."""

    source = {}

    def __init__(self, path, lines):
        self.path, self.lines, self.rng = path, lines, lines.rng
        self.writer = Writer(path)
        self.complete = 0
        self.drained = self.known = False
        self.with_lines = set()  # inodes of files with a complete line
        self.is_empty, self.is_down = True, True

    def write(self, count, writer=None):
        writer = writer or self.writer
        self.finish(writer)
        for _ in range(count):
            line = self.lines.draw()
            os.write(writer.descriptor, encode(line))
            self._count(line, writer)

    def begin_line(self):
        """Writes the first part of a line, whose rest comes with the next write."""
        self.finish(self.writer)
        line = self.lines.draw()
        data = encode(line)
        cut = self.rng.randrange(1, len(data) - 1)
        os.write(self.writer.descriptor, data[:cut])
        self.writer.line, self.writer.rest = line, data[cut:]
        self.drained = False

    def finish(self, writer):
        if writer.line:
            os.write(writer.descriptor, writer.rest)
            line, writer.line = writer.line, None
            self._count(line, writer)

    def _count(self, line, writer):
        self.lines.totals.add(line)
        inode = os.fstat(writer.descriptor).st_ino
        self.with_lines.add(inode)
        if line["kind"] == "request":
            self.lines.places[line["id"]] = f"{self.path.name}, inode {inode}"
        self.complete += 1
        self.drained = self.is_empty = False

    def counted(self):
        """Everything complete is counted and committed."""
        self.drained = self.writer.line is None
        self.known = not self.is_empty

    def act(self):
        """Does something at random; returns its name."""
        name, action = self.rng.choice([
            ("write", lambda: self.write(self.rng.randrange(40))),
            ("write one", lambda: self.write(1)),
            ("begin line", self.begin_line),
            *self.more()])
        before = os.fstat(self.writer.descriptor).st_ino
        what = action()
        after = os.fstat(self.writer.descriptor).st_ino
        return f"{name}{f' {what}' if what else ''}, inode {before}" + (
            f" to {after}" if after != before else "")

    def more(self):
        return []

    def rotated(self):
        """Rotated files by their numbers, the newest first, with their endings."""
        found = []
        for path in self.path.parent.glob(f"{self.path.name}.*"):
            number, _, ending = path.name[len(self.path.name) + 1:].partition(".")
            if number.isdigit():
                found.append((int(number), path, f".{ending}" if ending else ""))
        return sorted(found)

    def shift(self, keep=1 << 30):
        """Gives every rotated file the next number, up to `keep`."""
        for number, path, ending in reversed(self.rotated()):
            if number < keep:
                path.rename(f"{self.path}.{number + 1}{ending}")


class RenamedLog(Log):
    """Renamed, packed later; a writer may keep a renamed file open."""

    def __init__(self, path, lines):
        super().__init__(path, lines)
        self.late = {}  # writers by inode
        self.begun = set()  # inodes of rotated files of which something is counted
        self.packs_on = False

    def more(self):
        return [("rename", self.rename), ("rename twice", self.burst), ("late", self.write_late),
                ("pack", self.pack)]

    def rename(self):
        self.shift()
        os.rename(self.path, f"{self.path}.1")
        old, self.writer = self.writer, Writer(self.path)
        self.with_lines.discard(os.fstat(self.writer.descriptor).st_ino)
        if old.line or self.rng.random() < 0.3:
            self.late[os.fstat(old.descriptor).st_ino] = old
        else:
            old.close()
        self.is_empty = True

    def burst(self):
        for _ in range(2):
            self.write(self.rng.randrange(10))
            self.rename()

    def write_late(self):
        told = []
        for inode in list(self.late)[:2]:
            count = self.rng.randrange(3)
            self.write(count, self.late[inode])
            told.append(f"{count} to {inode}")
            if self.rng.random() < 0.5:
                self.late.pop(inode).close()
        return ", ".join(told)

    def pack(self):
        """Packs the oldest rotated file unless somebody writes to it."""
        plain = [path for _, path, ending in self.rotated() if not ending]
        if not plain or self.is_open(plain[-1]) or not self.may_pack(plain[-1]):
            return
        path = plain[-1]
        self.packs_on = True
        with open(path, "rb") as source, gzip.open(f"{path}.part", "wb", 1) as packed:
            shutil.copyfileobj(source, packed)
        shutil.copystat(path, f"{path}.part")
        os.rename(f"{path}.part", f"{path}.gz")
        path.unlink()
        return path.name

    def may_pack(self, path):
        """A packed file is known by what was counted of it; those packed after it while Sidelight
        is down are found with it."""
        return path.stat().st_ino in self.begun or self.is_down and self.packs_on

    def is_open(self, path):
        return path.stat().st_ino in self.late

    def counted(self):
        super().counted()
        self.begun = self.with_lines & {path.stat().st_ino for _, path, _ in self.rotated()}
        self.packs_on = False
        for number, path, _ in self.rotated():
            if number > 3 and not self.is_open(path):
                path.unlink()


class CopiedLog(Log):
    """Copied and truncated in place: what was not read of it is in the copy."""

    def more(self):
        return [("copy and truncate", self.truncate)]

    def truncate(self):
        # A file is known again by what was counted of it, a copy until the next one is made.
        if not self.known:
            return
        self.finish(self.writer)
        tick()
        self.shift(keep=3)
        shutil.copy(self.path, f"{self.path}.1")
        os.truncate(self.path, 0)
        self.known, self.is_empty = False, True


class ReplacedLog(Log):
    """Deleted or overwritten once all of it is counted; its inode is often used again."""

    def more(self):
        return [("delete", self.delete), ("replace", self.replace)]

    def delete(self):
        if self.drained:
            self.writer.close()
            os.unlink(self.path)
            self.begin()

    def replace(self):
        if self.drained:
            self.writer.close()
            tick()
            with open(f"{self.path}.new", "wb"):
                pass
            os.rename(f"{self.path}.new", self.path)
            self.begin()

    def begin(self):
        tick()
        self.writer = Writer(self.path)
        self.known, self.is_empty = False, True


class OwnRotation(Log):
    """Rotated by Sidelight itself; the writer looks for its name as the callback does."""

    source = {"rotate": {"size": "1MiB", "keep": 1}}

    def more(self):
        return [("flood", lambda: self.write(800))]

    def write(self, count, writer=None):
        if not os.path.exists(self.path):
            self.finish(self.writer)
            self.writer.close()
            self.writer = Writer(self.path)
        super().write(count, writer)
