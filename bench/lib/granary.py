"""Granary as its first start leaves it: the quick-start domain and repository, read and written with a token."""

import os

from . import publish
from .registry import Registry
from .tools import run


class Granary(Registry):
    name = "granary"
    ready_path = "/health/ready"

    def __init__(self, directory, program, source, settings=None):
        """The source is the address of the registry behind `public:npmjs`; settings are more environment variables."""
        super().__init__(directory)
        self.program, self.source, self.settings = program, source, settings or {}
        self.data = self.directory / "data"

    def command(self):
        return [self.program, "serve", "--data", self.data, "--urls", self.origin]

    def environment(self):
        return {**os.environ, "ExternalConnections__public__npmjs": self.source, **self.settings}

    @property
    def base(self):
        return self.address("npm/").rstrip("/")

    def address(self, path):
        """A path that begins with a format, in the repository's endpoint of that format."""
        format, rest = path.split("/", 1)
        return f"{self.origin}/{format}/d/my-domain-123456789012/my-repo/{rest}"

    def url(self, case):
        return self.address(case.path) if case.path else super().url(case)

    def sign_in(self):
        """The token that a user would get, by the AWS CLI."""
        # What the caller has set for another account would win over the files.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        env = {**plain, "AWS_SHARED_CREDENTIALS_FILE": str(self.data / "aws" / "credentials"),
               "AWS_CONFIG_FILE": str(self.data / "aws" / "config")}
        self.token = run(["aws", "codeartifact", "get-authorization-token", "--domain", "my-domain",
                          "--query", "authorizationToken", "--output", "text"], env=env).strip()

    def load(self, packages):
        for releases in packages:
            # The last version last: the tag `latest` follows the order of publishing.
            earlier = [releases[client:-1:4] for client in range(4)]
            publish.measure(self, earlier)
            publish.measure(self, [releases[-1:]])
