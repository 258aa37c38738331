namespace Granary.Core.Packages;

/// <summary>The versions that one call is about, and what they must be for it to happen.</summary>
/// <param name="Versions">At most 100 (CodeArtifact's quota); a version that is named twice counts once.</param>
/// <param name="Revisions">Null, or for each of the versions the revision that it must have.</param>
/// <param name="ExpectedStatus">Null, or the status that each of the versions must have.</param>
public sealed record VersionSelection(
    IReadOnlyList<string> Versions, IReadOnlyDictionary<string, string>? Revisions, PackageVersionStatus? ExpectedStatus)
{
    private const int Most = 100;

    /// <summary>Each version once, in the order of the request.</summary>
    /// <exception cref="Refusal">There are too many, or the revisions are of other versions.</exception>
    internal IReadOnlyList<string> Distinct()
    {
        if (Versions.Count > Most)
        {
            throw Refusal.Validation($"The call names {Versions.Count} versions; at most {Most} are allowed. Split it into several.");
        }

        var versions = Versions.Distinct(StringComparer.Ordinal).ToList();
        if (Revisions is not null && (Revisions.Count != versions.Count || !versions.TrueForAll(Revisions.ContainsKey)))
        {
            throw Refusal.Validation("versions and versionRevisions must name the same versions. Give a revision for each version, or none at all.");
        }

        return versions;
    }

    /// <summary>Why the call cannot happen for this version, or null. <paramref name="row"/> is null where there is no such version.</summary>
    internal VersionFailure? Judge(string version, PackageVersion? row, PackageVersionStatus target)
    {
        if (row is null)
        {
            return new VersionFailure("NOT_FOUND", $"Could not find version {version}");
        }

        if (Revisions is not null && Revisions[version] != row.Revision)
        {
            return new VersionFailure("MISMATCHED_REVISION", $"current revision: {row.Revision}, expected revision: {Revisions[version]}");
        }

        if (ExpectedStatus is { } expected && expected != row.Status)
        {
            return new VersionFailure("MISMATCHED_STATUS", $"current status: {row.Status}, expected status: {expected}");
        }

        // What is disposed has no bytes any more. Disposing it again changes nothing, so that a call may be sent twice.
        return row.Status is PackageVersionStatus.Disposed && target is not (PackageVersionStatus.Disposed or PackageVersionStatus.Deleted)
            ? new VersionFailure("NOT_ALLOWED", $"version {version} is Disposed: its assets are gone, and it can only be deleted")
            : null;
    }
}

/// <summary>What became of a version. The status is <see cref="PackageVersionStatus.Deleted"/> after a deletion.</summary>
public sealed record VersionOutcome(string Revision, PackageVersionStatus Status);

/// <summary>A value of CodeArtifact's PackageVersionErrorCode, and the reason for a person to read.</summary>
public sealed record VersionFailure(string ErrorCode, string ErrorMessage);

/// <summary>By version. One of the two is empty: a call happens for all of its versions or for none.</summary>
public sealed record VersionResults(
    IReadOnlyDictionary<string, VersionOutcome> Successful, IReadOnlyDictionary<string, VersionFailure> Failed);
