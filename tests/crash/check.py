"""Looks at versions through every surface of the server and holds what they show against the ledger and against each other."""
import formats
import model
from formats import parts


class Checker:
    def __init__(self, harness):
        self.harness = harness

    def check_package(self, package, check, versions=None):
        """A package by its listings, and its versions, or those that are named, by the control plane and their files too. Raises `model.Violation`."""
        format = formats.OF[package.format]
        wire = self.harness.wire
        answer, listed = format.listing(wire, package)
        self._answered(answer, package, "listing", (200, 404))
        stored = self._versions(package)
        for version in package.versions.values():
            closely = versions is None or version in versions
            state = self._observe(version, check) if closely else version.known
            if stored.get(version.number) != (state.status if state else None):
                raise model.Violation(check, f"ListPackageVersions shows {version} as {stored.get(version.number)}, and it is {state or 'absent'}")
            self._check_listed(format, answer, listed, version, state, check)
            if closely and state is not None:
                self._check_files(format, answer, version, state, check)
        for number in (listed | set(stored)) - set(package.versions):
            raise model.Violation(check, f"{package} {number} exists, and the ledger never intended it")
        if package.format == "npm" and answer.ok:
            self._check_tags(package, answer.json["dist-tags"], check)

    def retry(self, version):
        """Sends again what was lost. The model says what must be taken; afterwards nothing may be half there."""
        format = formats.OF[version.package.format]
        content = format.content(version.package, version.number, version.salt, version.size)
        for step in format.steps(version.package, version.number, content):
            if len(version.possible) > 1:
                return  # A sync failed on purpose; the next crash tells.
            before = version.known
            self.harness.request(version, f"retry of {step.what}", step.sha256, step.apply, step.send)
            if step.apply(before) == model.REFUSED:
                return

    def _observe(self, version, check):
        package, wire = version.package, self.harness.wire
        described = wire.aws("GET", "/v1/package/version", wire.of(package, version=version.number))
        self._answered(described, version, "DescribePackageVersion", (200, 404))
        if not described.ok:
            version.observed(None, check)
            return None
        listing = wire.aws("POST", "/v1/package/version/assets", wire.of(package, version=version.number))
        self._answered(listing, version, "ListPackageVersionAssets", (200,))
        assets = {asset["name"]: asset for asset in listing.json["assets"]}
        state = model.State(described.json["packageVersion"]["status"], frozenset((name, asset["hashes"]["SHA-256"]) for name, asset in assets.items()))
        version.observed(state, check)
        for name, asset in assets.items():
            answer = wire.aws("GET", "/v1/package/version/asset", wire.of(package, version=version.number, asset=name))
            self._check_bytes(answer, version, name, asset["hashes"]["SHA-256"], state.status != model.ARCHIVED, check)
            if answer.ok and len(answer.body) != asset["size"]:
                raise model.Violation(check, f"{name} of {version} has {len(answer.body)} bytes, and {asset['size']} are listed")
        return state

    def _check_listed(self, format, answer, listed, version, state, check):
        published = state is not None and state.status == model.PUBLISHED
        if published and version.number not in listed:
            raise model.Violation(check, f"{version} is {state}, and the {format.name} listing does not name it: {sorted(listed)}; {answer}")
        if version.number in listed and not (published or state is not None and state.status == model.UNLISTED):
            raise model.Violation(check, f"the {format.name} listing names {version}, which is {state or 'absent'}")

    def _check_files(self, format, answer, version, state, check):
        files = {}
        for name, address in format.files(version.package, version.number, state).items():
            got = self.harness.wire.package_manager("GET", format.name, address)
            sha = dict(state.assets).get(name)
            self._check_bytes(got, version, name, sha, state.status in model.READABLE, check)
            files[name] = got.body
        if state.status == model.PUBLISHED:
            format.check_listed(answer, version.package, version.number, files)

    def _check_bytes(self, answer, version, name, sha, readable, check):
        self._answered(answer, version, name, (200, 404))
        if answer.ok != readable:
            raise model.Violation(check, f"{name} of {version} is answered with {answer}, and it must {'' if readable else 'not '}be readable: {version.shown()}")
        if answer.ok and parts.sha256(answer.body) != sha:
            raise model.Violation(check, f"{name} of {version} comes with other bytes: {len(answer.body)} of SHA-256 {parts.sha256(answer.body)}, and {sha} is recorded")

    def _check_tags(self, package, tags, check):
        for tag, values in package.tags.items():
            seen = tags.get(tag)
            shown = {v for v in values if v is None or any(s and s.status == model.PUBLISHED for s in package.versions[v].possible)}
            if shown == values and seen not in values:
                raise model.Violation("tags", f"{check}: the tag {tag} of {package} points to {seen}, and may point to {values}")
            if seen in values:
                package.tags[tag] = {seen}

    def _versions(self, package):
        wire, found, token = self.harness.wire, {}, None
        while True:
            more = {"next-token": token} if token else {}
            answer = wire.aws("POST", "/v1/package/versions", wire.of(package, **more))
            self._answered(answer, package, "ListPackageVersions", (200, 404))
            if not answer.ok:
                return found
            found.update((version["version"], version["status"]) for version in answer.json["versions"])
            token = answer.json.get("nextToken")
            if token is None:
                return found

    def _answered(self, answer, of, what, allowed):
        if answer.status not in allowed:
            raise model.Violation("answers", f"{what} of {of} is answered with {answer}")


def with_retries(checker, package, check, versions=None):
    """A check after a crash: whole or absent; then what was lost is sent again and everything is looked at once more."""
    lost = [version for version in package.versions.values() if version.lost]
    checker.check_package(package, check, versions)
    again = [v for v in lost if v.salt is not None and (v.known is None or v.known.status == model.UNFINISHED)]
    for version in again:
        checker.retry(version)
    if again:
        checker.check_package(package, f"{check}, after retries", again)


