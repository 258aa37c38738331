using Granary.Core.Access;
using Granary.Core.Packages;

namespace Granary.Server.ControlPlane;

/// <summary>CopyPackageVersions.</summary>
internal static class CopyOperations
{
    /// <summary>
    /// Decided on three resources: the package and the repository that are copied to, and the repository that is read.
    /// </summary>
    public static async Task<IResult> CopyAsync(Call call)
    {
        var from = call.Query.Required("source-repository", Shapes.RepositoryName);
        var selection = ReadSelection(call);
        var (overwrite, upstream) = (call.Body.Flag("allowOverwrite") ?? false, call.Body.Flag("includeFromUpstream") ?? false);

        var domain = await call.AuthoriseAsync();
        await call.DemandAsync("codeartifact:CopyPackageVersions", call.Target.Repository);
        await call.DemandAsync(AccessActions.ReadFromRepository, from);
        if (domain is null)
        {
            throw call.DomainNotFound();
        }

        var source = domain.Repository(from) ?? throw call.RepositoryNotFound(from);
        var destination = domain.Repository(call.Target.Repository) ?? throw call.RepositoryNotFound(call.Target.Repository);
        var copy = new VersionCopy(source, destination, call.Package, selection, overwrite, upstream);
        return VersionChangeOperations.Answer(await call.Service<PackageCopies>().CopyAsync(domain, copy, call.Actor, call.Cancellation));
    }

    private static VersionSelection ReadSelection(Call call)
    {
        var versions = call.Body.Texts("versions", Shapes.PackageVersion, Shapes.MaxVersions);
        var revisions = VersionChangeOperations.ReadRevisions(call);
        if (versions is null == revisions is null)
        {
            throw Fault.Of("versions", "Exactly one of 'versions' and 'versionRevisions' must be given");
        }

        var names = versions?.Select(call.Target.Format!.NormalizeVersion).Distinct(StringComparer.Ordinal) ?? revisions!.Keys;
        return new VersionSelection([.. names], revisions, null);
    }
}
