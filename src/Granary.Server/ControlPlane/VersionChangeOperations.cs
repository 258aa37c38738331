using Granary.Core.Packages;
using Granary.Server.ControlPlane.Responses;

namespace Granary.Server.ControlPlane;

/// <summary>What is done to up to 100 versions at once: status, disposal, deletion.</summary>
internal static class VersionChangeOperations
{
    public static async Task<IResult> UpdateStatusAsync(Call call)
    {
        var selection = ReadSelection(call, ReadRevisions(call));
        var target = Enum.Parse<PackageVersionStatus>(call.Body.Required("targetStatus", Shapes.TargetStatus));
        var (_, repository) = await call.RepositoryAsync();
        var results = await call.Service<PackageVersions>()
            .UpdateStatusAsync(repository, call.Package, selection, target, call.Actor, call.Cancellation);
        return Answer(results);
    }

    public static async Task<IResult> DisposeAsync(Call call)
    {
        var selection = ReadSelection(call, ReadRevisions(call));
        var (_, repository) = await call.RepositoryAsync();
        return Answer(await call.Service<PackageVersions>().DisposeAsync(repository, call.Package, selection, call.Actor, call.Cancellation));
    }

    public static async Task<IResult> DeleteAsync(Call call)
    {
        var selection = ReadSelection(call, null);
        var (_, repository) = await call.RepositoryAsync();
        return Answer(await call.Service<PackageVersions>().DeleteAsync(repository, call.Package, selection, call.Actor, call.Cancellation));
    }

    private static VersionSelection ReadSelection(Call call, IReadOnlyDictionary<string, string>? revisions)
    {
        var format = call.Target.Format!;
        var versions = call.Body.Texts("versions", Shapes.PackageVersion, Shapes.MaxVersions) ?? throw Fault.Missing("versions");
        var normalized = versions.Select(format.NormalizeVersion).Distinct(StringComparer.Ordinal).ToList();
        if (revisions is not null && !revisions.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(normalized))
        {
            throw Fault.Of("versionRevisions", "Member must name the same versions as 'versions'");
        }

        PackageVersionStatus? expected = call.Body.Optional("expectedStatus", Shapes.PackageVersionStatus) is { } status
            ? Enum.Parse<PackageVersionStatus>(status)
            : null;
        return new VersionSelection(normalized, revisions, expected);
    }

    public static IReadOnlyDictionary<string, string>? ReadRevisions(Call call)
    {
        var revisions = call.Body.Map("versionRevisions", Shapes.PackageVersion, Shapes.PackageVersionRevision, Shapes.MaxVersions);
        // Two spellings of one version may differ in what they expect: neither wins.
        return revisions is null || revisions.Count == revisions.Keys.Select(call.Target.Format!.NormalizeVersion).Distinct(StringComparer.Ordinal).Count()
            ? revisions?.ToDictionary(r => call.Target.Format!.NormalizeVersion(r.Key), r => r.Value, StringComparer.Ordinal)
            : throw Fault.Of("versionRevisions", "Member must name each version once");
    }

    public static IResult Answer(VersionResults results) => ControlPlaneJson.Ok(new VersionResultsResponse(
        results.Successful.ToDictionary(v => v.Key, v => new SuccessfulVersion(v.Value.Revision, v.Value.Status.ToString()), StringComparer.Ordinal),
        results.Failed.ToDictionary(v => v.Key, v => new FailedVersion(v.Value.ErrorCode, v.Value.ErrorMessage), StringComparer.Ordinal)));
}
