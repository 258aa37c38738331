"""Seconds from the start of a process to its first 200."""


def measure_empty(makers, rounds):
    """Each server on a new, empty directory, by turns. A maker builds one for a label."""
    seconds = {}
    for number in range(rounds):
        for maker in makers:
            server = maker(f"empty-{number}")
            try:
                seconds.setdefault(server.name, []).append(server.start())
            finally:
                server.stop()
    return seconds


def measure_filled(servers, rounds):
    """The loaded servers, stopped and started again, by turns; afterwards they are stopped."""
    seconds = {server.name: [] for server in servers}
    for server in servers:
        server.stop()
    for _ in range(rounds):
        for server in servers:
            try:
                seconds[server.name].append(server.start())
            finally:
                server.stop()
    return seconds
