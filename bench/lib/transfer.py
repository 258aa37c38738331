"""How long the operator's commands take: backup, restore, migration and scrub of a domain that was filled by the seed."""

import json
import time

from .granary import Granary
from .tools import run

VERSIONS_EACH = 20


def measure(directory, program, seed, versions, backends):
    """Seconds of each command, in order, each run once."""
    first, seconds = Granary(directory / "granary-transfer", program, "http://127.0.0.1:9"), {}
    first.start()
    first.stop()
    run([seed, "--data", first.data, "--versions", versions, "--packages", versions // VERSIONS_EACH], seconds=4 * 3600)

    def take(title, *words):
        print(f"  {title}", flush=True)
        begun = time.perf_counter()
        run([program, *words], seconds=4 * 3600)
        seconds[title] = time.perf_counter() - begun

    backup, other = directory / "transfer-backup", directory / "transfer-backup-of-nodes"
    take("backup of SQLite and files", "backup", backup, "--data", first.data)
    take("the next one, nothing new", "backup", backup, "--data", first.data)
    take("the same with --verify", "backup", backup, "--data", first.data, "--verify")
    take("restore to SQLite and files", "restore", backup, "--data", directory / "transfer-restored")
    moved, database = _place(directory, backends, "moved")
    take("migrate to PostgreSQL and Ceph", "migrate", "--from-data", first.data, "--to-data", moved, "--to-database", database)
    take("backup of PostgreSQL and Ceph", "backup", other, "--data", moved, "--database", database)
    restored, again = _place(directory, backends, "restored")
    take("restore to PostgreSQL and Ceph", "restore", other, "--data", restored, "--database", again)
    take("migrate back", "migrate", "--from-data", moved, "--from-database", database, "--to-data", directory / "transfer-back")
    take("scrub of Ceph", "scrub", "--data", moved, "--database", database)
    return seconds


def _place(directory, backends, name):
    """An empty data directory whose settings name a bucket, and the connection string of a database that is made by the command."""
    place = directory / f"transfer-nodes-{name}"
    place.mkdir()
    settings = backends.ceph.settings(backends.ceph.create(f"transfer-{name}"))
    store = {key.rsplit("__", 1)[1]: value for key, value in settings.items() if key.startswith("Storage__S3__")}
    (place / "granary.json").write_text(json.dumps({"Storage": {"Kind": "s3", "S3": store}}))
    return place, backends.postgres.connection_string(f"transfer_{name}")
