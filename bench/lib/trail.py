"""What the audit trail, and counting and events, cost: one Granary that does it beside one that does not, in rounds that take turns."""

import json

from . import aws, content, publish, reads
from .granary import Granary

TITLES = ("304 for the 165 KB packument", "tarball 320 KB", "packument 165 KB, gzip")


# What each of the two servers is told.
TRAIL = {"on": {"Trail__Reads": "true"}, "off": {"Trail__Reads": "false"}}


def metrics(port):
    """Rollups, and metrics that could be scraped at the port; or neither."""
    on = {"Metrics__Urls": f"http://127.0.0.1:{port}", "Events__AllowedNetworks": "127.0.0.0/8"}
    return {"on": on, "off": {"Usage__Enabled": "false"}}


def measure(directory, program, source, rounds, seconds):
    """The trail: reads alone, for a publish is in it in any case."""
    with _Pair(directory, program, source, "trail", TRAIL) as servers:
        return reads.measure(servers, _cases(), rounds, seconds)


def measure_metrics(directory, program, nginx, port, rounds, seconds, clients):
    """Metrics and events: reads, and publishes each of which is an event that nginx takes; answers with both."""
    with _Pair(directory, program, nginx.origin, "metrics", metrics(port)) as servers:
        _send_events(servers[0], nginx)
        results = reads.measure(servers, _cases(), rounds, seconds)
        print("  publish", flush=True)
        return results, publish.by_turns(servers, clients, rounds, seconds)


def _cases():
    return [case for title in TITLES for case in reads.CASES if case.title == title]


def _send_events(granary, nginx):
    """Every event of a package version goes to nginx, as fast as it takes them."""
    client = aws.Client(granary)
    client.events("PutRule", {"Name": "everything", "EventPattern": json.dumps({"source": ["aws.codeartifact"]})})
    key = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "of-the-bench"}}
    connection = client.events("CreateConnection", {"Name": "bench", "AuthorizationType": "API_KEY", "AuthParameters": key})
    destination = client.events("CreateApiDestination", {
        "Name": "bench", "ConnectionArn": connection["ConnectionArn"], "HttpMethod": "POST",
        "InvocationEndpoint": f"{nginx.origin}/events", "InvocationRateLimitPerSecond": 300})
    client.events("PutTargets", {"Rule": "everything", "Targets": [{"Id": "nginx", "Arn": destination["ApiDestinationArn"]}]})


class _Pair:
    """The two servers, loaded."""

    def __init__(self, directory, program, source, what, settings):
        self.servers = [_server(directory, program, source, what, name, told) for name, told in settings.items()]

    def __enter__(self):
        try:
            for server in self.servers:
                server.start()
                server.sign_in()
                server.load(content.everything())
        except BaseException:
            self.__exit__()
            raise
        return self.servers

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()


def _server(directory, program, source, what, name, told):
    server = Granary(directory / f"granary-{what}-{name}", program, source, told)
    server.name = name
    return server
