"""
Every place where this server is meant to answer otherwise than the model has it, or where the run cannot go, each with its
reason. An entry that the run has no use for fails it, so that none outlives its reason.
"""
_used = set()

# Operations that this server does not have yet. The run asks for each whether that is still so, and fails when it is not.
NOT_THERE_YET = []

# Members of answers that AWS's model lacks. SDKs pass over them.
ADDITIONS = {
    ("ListPackageVersions", "versions[].publishedTime"): "a list sorted by time is of no use without the time",
    ("ListPackageVersions", "versions[].size"): "how much would be freed, without a call for each version",
    ("Error", "__type"): "SDKs that do not read the header x-amzn-ErrorType read this",
}

# Values that an enum of the model lacks.
VALUES = {
    ("ExternalConnectionStatus", "AVAILABLE"): "the service answers in capitals, whatever its model says",
}

# Members of inputs that no valid call can have.
UNUSABLE_INPUTS = {
    ("CreateDomain", "encryptionKey"): "keys are made by the operator, and this server has none: refused with ENCRYPTION_KEY_ERROR",
}

# Required members alone do not make a valid call.
NEVER_MINIMAL = {
    "CopyPackageVersions": "one of versions and versionRevisions has to be given, though the model requires neither",
    "PublishPackageVersion": "packages of format generic have a namespace, though the model does not require it",
}

NEW = "a new repository has no connection yet"
ONLY_ONE = "a repository has at most one connection, and this call takes it away"

# Members of answers that the run never sees.
NEVER_SEEN = {
    ("CreateRepository", "repository.externalConnections[].externalConnectionName"): NEW,
    ("CreateRepository", "repository.externalConnections[].packageFormat"): NEW,
    ("CreateRepository", "repository.externalConnections[].status"): NEW,
    ("DisassociateExternalConnection", "repository.externalConnections[].externalConnectionName"): ONLY_ONE,
    ("DisassociateExternalConnection", "repository.externalConnections[].packageFormat"): ONLY_ONE,
    ("DisassociateExternalConnection", "repository.externalConnections[].status"): ONLY_ONE,
}

# Probes of unknown things that are no errors, by operation and member.
ACCEPTED_UNKNOWN = {
    ("CreateDomain", "domain"): "it creates the domain",
    ("DeleteDomain", "domain"): "the API has no error for it: deleting what is not there is done",
    ("CreateRepository", "repository"): "it creates the repository",
    ("DeleteRepository", "repository"): "deleting what is not there is done",
    ("CreatePackageGroup", "packageGroup"): "it creates the group",
    ("PutPackageOriginConfiguration", "package"): "it makes a record of the name in advance",
    ("PutPackageOriginConfiguration", "namespace"): "it makes a record of the name in advance",
    ("PutPackageOriginConfiguration", "format"): "it makes a record of the name in advance",
    ("PublishPackageVersion", "package"): "it creates the package",
    ("PublishPackageVersion", "namespace"): "it creates the package",
    ("PublishPackageVersion", "packageVersion"): "it creates the version",
    ("GetAssociatedPackageGroup", "package"): "the answer is about a name, whether or not there is a package",
    ("GetAssociatedPackageGroup", "namespace"): "the answer is about a name, whether or not there is a package",
    ("GetAssociatedPackageGroup", "format"): "the answer is about a name, whether or not there is a package",
    ("ListAssociatedPackages", "packageGroup"): "with preview the group need not exist",
    ("GetRepositoryEndpoint", "format"): "a repository has an address for each format",
    ("ListPackages", "namespace"): "a filter",
    ("ListPackages", "format"): "a filter",
}


def is_addition(where, member):
    return _known(ADDITIONS, (where, member))


def is_value(shape, value):
    return _known(VALUES, (shape, value))


def is_unusable(operation, member):
    return _known(UNUSABLE_INPUTS, (operation, member))


def is_never_minimal(operation):
    return _known(NEVER_MINIMAL, operation)


def is_never_seen(operation, path):
    return _known(NEVER_SEEN, (operation, path))


def is_accepted(operation, member):
    return _known(ACCEPTED_UNKNOWN, (operation, member))


def unused():
    lists = [ADDITIONS, VALUES, UNUSABLE_INPUTS, NEVER_MINIMAL, NEVER_SEEN, ACCEPTED_UNKNOWN]
    return [str(key) for entries in lists for key in entries
            if (id(entries), key) not in _used and (key if isinstance(key, str) else key[0]) not in NOT_THERE_YET]


def _known(entries, key):
    if key in entries:
        _used.add((id(entries), key))
        return True
    return False
