"""What a disk holds after a power cut, from what was on it before and the journal of what was done since.

POSIX promises little, and this takes nothing for granted that it does not promise: bytes last once their file was synced, names once
their directory was. Each change that no sync covers may have come to the disk or not, whatever came before or after it.
"""
import collections
import os
import pathlib
import struct

CREATE, WRITE, TRUNCATE, SYNC, RENAME, UNLINK, MKDIR, RMDIR, SYNC_FAILED, UNSEEN = range(1, 11)
HEAD = struct.Struct("=IIIIQQQ")
SECTOR = 512  # Bytes that a disk writes whole or not at all.


class File:
    """An inode: what it held at the start, and its changes since."""

    def __init__(self, base, mode):
        self.base, self.mode, self.changes, self.directory = base, mode, [], False
        self.lasting = set()  # Indexes into changes.

    def synced(self, before):
        self.lasting.update(i for i, change in enumerate(self.changes) if change[0] < before and not change[4])

    def sync_failed(self, before):
        # The kernel has forgotten that these pages were to be written: no later sync makes them last.
        for i, change in enumerate(self.changes):
            if change[0] < before and i not in self.lasting:
                change[4] = True

    def content(self, survives):
        """The bytes, given for each change (index, kind, at, data, lost) what of its data came to the disk; None: nothing."""
        held = bytearray(self.base.read_bytes() if self.base else b"")
        for i, (_, kind, at, data, _) in enumerate(self.changes):
            parts = [(0, data)] if i in self.lasting else survives(i, kind, data)
            for offset, part in parts or []:
                if kind == TRUNCATE:
                    held[at:] = b"" if at < len(held) else bytes(at - len(held))
                    continue
                begin = at + offset
                held.extend(bytes(max(0, begin - len(held))))
                held[begin:begin + len(part)] = part
        return bytes(held)


class Directory:
    directory = True

    def __init__(self, mode):
        self.mode = mode


class Start:
    """The data directory before the server begins, all of it on the disk. Files that never change are linked, others copied."""

    def __init__(self, data, base):
        self.names, self.inodes = {}, {}
        base.mkdir(parents=True)
        root = data.stat()
        self.inodes[root.st_ino] = ("/", Directory(root.st_mode & 0o7777))
        for folder, folders, files in os.walk(data):
            for name in [*folders, *files]:
                path = pathlib.Path(folder) / name
                key = "/" + str(path.relative_to(data))
                status = path.stat()
                if name in folders:
                    (base / key[1:]).mkdir()
                    node = Directory(status.st_mode & 0o7777)
                else:
                    kept = base / key[1:]
                    if key.startswith("/storage/"):
                        os.link(path, kept)
                    else:
                        kept.write_bytes(path.read_bytes())
                    node = File(kept, status.st_mode & 0o7777)
                self.names[key] = node
                self.inodes[status.st_ino] = (key, node)


class History:
    def __init__(self, start, journal):
        self.start, self.all = start, dict(start.names)
        self.changes = []  # Of names: [index, kind, path, other, node, lasting].
        inodes = dict(start.inodes)
        folders = {inode: key for inode, (key, node) in inodes.items() if node.directory}
        pending = collections.defaultdict(list)  # Changes of names by directory.
        for index, (kind, inode, at, size, path, other, data) in enumerate(_read(journal)):
            if kind == UNSEEN:
                raise RuntimeError(f"the server used {path} on its data, which the journal cannot follow: teach journal.c")
            if kind in (CREATE, MKDIR):
                node = File(None, size) if kind == CREATE else Directory(size)
                inodes[inode] = (path, node)
                folders.pop(inode, None)
                if kind == MKDIR:
                    folders[inode] = path
                self._named(pending, [index, kind, path, None, node, False])
                self.all[path] = node
            elif kind in (UNLINK, RMDIR):
                self._named(pending, [index, kind, path, None, self.all.pop(path, None), False])
            elif kind == RENAME:
                node = self.all.pop(path)
                self._named(pending, [index, kind, path, other, node, False])
                self.all[other] = node
            elif kind in (WRITE, TRUNCATE):
                inodes[inode][1].changes.append([index, kind, size if kind == TRUNCATE else at, data, False])
            elif kind == SYNC and inode in folders:
                for change in pending[folders[inode]]:
                    change[5] = change[5] or change[0] < at
                pending[folders[inode]] = [change for change in pending[folders[inode]] if not change[5]]
            elif kind == SYNC:
                inodes[inode][1].synced(at)
            elif kind == SYNC_FAILED:
                inodes[inode][1].sync_failed(at)

    def differences(self, data):
        """Paths at which the directory is not what the journal says when everything is applied."""
        there = {"/" + str(path.relative_to(data)): path for path in data.rglob("*") if not path.name.endswith("-shm")}
        differing = set(there) ^ set(self.all)
        for path in set(there) & set(self.all):
            node = self.all[path]
            if not node.directory and node.changes and node.content(lambda i, kind, bytes: [(0, bytes)]) != there[path].read_bytes():
                differing.add(path)
        return differing

    def write(self, into, names, content, random):
        """Makes the directory. `names` and `content` say what survives of what no sync covered."""
        into.mkdir()
        kept = dict(self.start.names)
        for _, kind, path, other, node, lasting in self.changes:
            if not (lasting or names == "all" or names == "some" and random.random() < 0.5):
                continue
            if kind in (CREATE, MKDIR):
                kept[path] = node
            elif kept.get(path) is node:
                del kept[path]
            if kind == RENAME:
                kept[other] = node
        for path in sorted(kept):
            node, target = kept[path], into / path[1:]
            if not target.parent.is_dir():
                continue  # Its directory's own name did not last.
            if node.directory:
                target.mkdir(mode=node.mode)
            elif node.base and not node.changes and path.startswith("/storage/"):
                os.link(node.base, target)
            else:
                target.write_bytes(node.content(_survival(node, content, random)))
                target.chmod(node.mode)

    def _named(self, pending, change):
        self.changes.append(change)
        # Either directory's sync makes a rename last, as it is one change of the file system's own journal.
        for path in (change[2], change[3]):
            if path:
                pending[os.path.dirname(path)].append(change)


def _survival(node, mode, random):
    """What of a file's changes that no sync covers comes to the disk."""
    first = random.randint(0, len(node.changes))

    def survives(i, kind, data):
        if mode == "none" or (mode == "first" and i >= first) or (mode in ("some", "torn") and random.random() < 0.5):
            return None
        if mode != "torn" or kind == TRUNCATE:
            return [(0, data)]
        return [(at, data[at:at + SECTOR]) for at in range(0, len(data), SECTOR) if random.random() < 0.5]
    return survives


def _read(journal):
    """The records; the last one may have been cut off by the kill."""
    with open(journal, "rb") as file:
        while len(head := file.read(HEAD.size)) == HEAD.size:
            kind, path, other, length, inode, at, size = HEAD.unpack(head)
            rest = file.read(path + other + length)
            if len(rest) < path + other + length:
                return
            yield kind, inode, at, size, rest[:path].decode(), rest[path:path + other].decode(), rest[path + other:]
