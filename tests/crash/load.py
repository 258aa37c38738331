"""Publishers of every format, each with packages of its own, so that the ledger knows what each of its requests must do."""
import random
import threading
import time

import formats
import model
import wire as wires

MOST_VERSIONS = 4  # Of a package; then its publisher begins another.
KEPT_PACKAGES = 40  # That a publisher goes on to change.
SHARED = 12  # Contents that publishers of every format share, so that one asset is stored by several at once.


class Stopped(Exception):
    """The server has been killed."""


class Publisher:
    """One thread. All that it draws comes from its seed; what the server makes of it depends on the moment."""

    def __init__(self, harness, number, seed):
        self.harness, self.number = harness, number
        self.random = random.Random(f"{seed}/{number}")
        self.format = formats.ALL[number % len(formats.ALL)]
        self.packages, self.made = [], 0

    def run(self, cycle):
        """Publishes and changes until the server is gone; then everything that was touched waits for the checker."""
        try:
            while not self.harness.server.dying:
                self._act(cycle)
        except Stopped:
            pass
        except model.Violation as violation:
            self.harness.violated(violation)
        except Exception as failure:
            self.harness.violated(model.Violation("harness", f"publisher {self.number}: {failure!r}"))
        finally:
            self.harness.wire.drop()

    def _act(self, cycle):
        chance = self.random.random()
        version = self._settled()
        if version is None or chance < 0.62:
            self._publish_new(cycle)
        elif chance < 0.67:
            self._publish(version, version.salt, version.size)
        elif chance < 0.73:
            self._publish(version, f"other/{version.salt}", version.size + 1)
        elif chance < 0.83:
            self._set_status(version)
        elif chance < 0.86:
            self._change(version, "dispose", "/v1/package/versions/dispose", {}, model.disposed)
        elif chance < 0.91:
            self._delete(version)
        elif chance < 0.95 and self.format.name == "npm":
            self._tag(version)
        else:
            with self.harness.reading(version.package):
                self.harness.checker.check_package(version.package, "reader")

    def _settled(self):
        """One of the versions of which one state is possible; others wait for the checker."""
        versions = [v for p in self.packages[-KEPT_PACKAGES:] for v in p.versions.values() if len(v.possible) == 1]
        return self.random.choice(versions) if versions else None

    def _publish_new(self, cycle):
        package = self.packages[-1] if self.packages else None
        if package is None or len(package.versions) >= MOST_VERSIONS or self.random.random() < 0.2:
            package = model.Package(self.format.name, f"c{cycle}-p{self.number}-{self.made}", self.format.namespace)
            self.made += 1
            self.packages.append(package)
            self.harness.add(package)
        version = package.version(f"1.0.{len(package.versions)}")
        salt = f"shared/{self.random.randrange(SHARED)}" if self.random.random() < 0.15 else f"{package.name}/{version.number}/{self.random.random()}"
        self._publish(version, salt, 2000 if salt.startswith("shared/") else self._size())
        if version.possible != {None} and self.random.random() < 0.5:
            # Before anything else happens to it, and mostly from a cache that has been told of what was there before.
            with self.harness.reading(package):
                self.harness.checker.check_package(package, "after the acknowledgement")

    def _size(self):
        chance = self.random.random()
        most = 100 if chance < 0.3 else 16 << 10 if chance < 0.8 else 200 << 10 if chance < 0.985 else 3 << 20
        return self.random.randint(1, most)

    def _publish(self, version, salt, size):
        content = self.format.content(version.package, version.number, salt, size)
        if version.possible == {None}:
            version.salt, version.size = salt, size
        for step in self.format.steps(version.package, version.number, content):
            if len(version.possible) > 1:
                return
            before = version.known
            self.harness.request(version, step.what, step.sha256, step.apply, step.send)
            if step.apply(before) == model.REFUSED:
                return  # As a client that was told no.
            if version.known and version.known.status == model.UNFINISHED and self.random.random() < 0.2:
                with self.harness.reading(version.package):
                    self.harness.checker.check_package(version.package, "unfinished")

    def _set_status(self, version):
        target = self.random.choice([model.PUBLISHED, model.UNLISTED, model.ARCHIVED])
        expected = self.random.choice([None, version.known.status if version.known else None, model.PUBLISHED])
        if version.known is not None and version.known.status == model.UNFINISHED:
            return  # Its publisher goes on with it.
        body = {"targetStatus": target, **({"expectedStatus": expected} if expected else {})}
        self._change(version, f"status {target}", "/v1/package/versions/update_status", body, model.status_set(expected, target))

    def _delete(self, version):
        self._change(version, "delete", "/v1/package/versions/delete", {}, model.deleted)
        if None in version.possible:
            for tag, values in version.package.tags.items():
                if version.number in values:
                    version.package.tags[tag] = {None} | (values if len(version.possible) > 1 else set())

    def _change(self, version, what, path, body, apply):
        def send(wire):
            answer = wire.aws("POST", path, wire.of(version.package), {"versions": [version.number], **body})
            # A call that failed for its only version is a refusal in all but the status.
            return wires.Answer(409, answer.headers, answer.body) if answer.ok and answer.json["failedVersions"] else answer
        self.harness.request(version, what, None, apply, send)

    def _tag(self, version):
        tag, tags = "beta", version.package.tags
        before = tags.get(tag, {None})
        tags[tag] = before | {version.number}
        self.harness.request(
            version, f"dist-tag {tag}", None, lambda state: state if state else model.REFUSED,
            lambda wire: self.format.set_tag(wire, version.package, tag, version.number))
        if len(version.possible) == 1 and not version.lost:
            tags[tag] = {version.number} if version.known else before


def run(harness, publishers, cycle, seconds):
    """Lets all publish until the server is killed after so many seconds."""
    threads = [threading.Thread(target=publisher.run, args=(cycle,)) for publisher in publishers]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    harness.server.kill()
    for thread in threads:
        thread.join()
