"""Power cuts, from what a run really did to its files (strace -xx): at every
write that left for the target, and at moments by chance, the files are put
together as a disk may have them: what was synced is there, of what was not
any part may be missing. Then SQLite itself opens them, and every write that
had left must have its intent.

  powercut.py LOG BEFORE STATE CUTS   cuts, intents missing, damaged files
  with LIES=1 the disk forgets what it was told to keep: the control
"""
import os
import random
import re
import shutil
import sqlite3
import sys
import tempfile

CALL = re.compile(r'^(?:\d+\s+)?(\w+)\((.*)\)\s+=\s+(-?\d+)')


def text(quoted):
    return bytes.fromhex(quoted.replace('\\x', ''))


class File:
    """What is surely there, and what was done since, in order."""

    def __init__(self, content):
        self.kept, self.since = bytearray(content), []

    def synced(self):
        for done in self.since:
            done(self.kept)
        self.since = []

    def after_cut(self, chance):
        content = bytearray(self.kept)
        for done in self.since:
            if chance.random() < 0.5:
                done(content)
        return bytes(content)


def write(at, data):
    def done(content):
        if len(content) < at:
            content.extend(bytes(at - len(content)))
        content[at:at + len(data)] = data
    return done


def truncate(size):
    def done(content):
        del content[size:]
        content.extend(bytes(size - len(content)))
    return done


def steps(log):
    """(what, file or body, change) of the calls that matter."""
    fds = {}
    for line in open(log, errors='replace'):
        m = CALL.match(line)
        if not m or int(m.group(3)) < 0:
            continue
        name, args, result = m.group(1), m.group(2), int(m.group(3))
        quoted = re.findall(r'"((?:\\x[0-9a-f]{2})*)"', args)
        fd = int(args.split(',')[0]) if re.match(r'\d+', args) else None
        if name == 'openat' and quoted:
            fds[result] = text(quoted[0]).decode()
        elif name == 'close':
            fds.pop(fd, None)
        elif name == 'sendto' and quoted:
            yield 'send', text(quoted[0]), None
        elif fd in fds and name == 'pwrite64' and quoted:
            yield 'write', fds[fd], write(int(args.split(',')[-1]),
                                          text(quoted[0]))
        elif fd in fds and name == 'ftruncate':
            yield 'write', fds[fd], truncate(int(args.split(',')[1]))
        elif fd in fds and name in ('fdatasync', 'fsync'):
            yield 'sync', fds[fd], None


def look(files, state, chance, sent):
    """(intents missing, damaged) after a cut now."""
    folder = tempfile.mkdtemp()
    try:
        for path, file in files.items():
            to = os.path.join(folder, os.path.basename(path))
            with open(to, 'wb') as out:
                out.write(file.after_cut(chance))
        db = sqlite3.connect(os.path.join(folder, os.path.basename(state)))
        if db.execute('PRAGMA integrity_check').fetchone()[0] != 'ok':
            return 0, 1
        known = db.execute('SELECT count(*) FROM intents').fetchone()[0]
        return max(0, sent - known), 0
    except sqlite3.DatabaseError:
        return 0, 1
    finally:
        shutil.rmtree(folder)


def main():
    log, before, state, cuts = sys.argv[1:5]
    lies = os.environ.get('LIES')
    chance = random.Random(7)
    files = {os.path.abspath(p): File(b'') for p in
             (state, state + '-journal')}
    for path in files:
        old = os.path.join(before, os.path.basename(path))
        if os.path.exists(old):
            files[path] = File(open(old, 'rb').read())
    all_steps = list(steps(log))
    often = max(1, len(all_steps) // int(cuts))
    sent, tried, missing, damaged = 0, 0, 0, 0
    for number, (what, which, change) in enumerate(all_steps):
        posted = what == 'send' and which.startswith(b'POST /api/v1') \
            and b'hrm/Costcent' in which
        if posted:
            sent += 1
        elif what == 'write' and which in files:
            files[which].since.append(change)
        elif what == 'sync' and which in files and not lies:
            files[which].synced()
        if posted or number % often == 0:
            tried += 1
            m, d = look(files, state, chance, sent)
            missing += m
            damaged += d
    print(f'{tried} cuts, {sent} writes sent: {missing} intents missing, '
          f'{damaged} files damaged')


main()
