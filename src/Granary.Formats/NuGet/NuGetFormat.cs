using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary>NuGet packages by protocol V3: no namespace, ids and versions case-insensitive, versions in NuGet's normal form, one .nupkg a version.</summary>
public sealed class NuGetFormat : PackageFormat
{
    internal const string FormatName = "nuget";

    private const string UpdateStatus = "codeartifact:UpdatePackageVersionsStatus";

    public override string Name => FormatName;

    public override NamespaceRule Namespace => NamespaceRule.Absent;

    public override IComparer<string> VersionOrder => NuGetVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => NuGetConnections.All;

    public override string NormalizeName(string value) => NuGetName.Normalize(value);

    /// <summary>As in the addresses of the protocol; see <see cref="NuGetName.Normalize(NuGetVersion)"/>.</summary>
    public override string NormalizeVersion(string value) => NuGetVersion.TryParse(value, out var version) ? NuGetName.Normalize(version) : value;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<NuGetIndex>().AddSingleton<NuGetPublish>().AddSingleton<NuGetSymbols>().AddSingleton<NuGetFinder>().AddSingleton<NuGetFiles>();
        services.AddSingleton<SourceReader, NuGetUpstream>();
    }

    public override void Map(RouteGroupBuilder repository)
    {
        var read = new Guard(AccessActions.ReadFromRepository);
        Reads(repository, "/v3/index.json", NuGetServiceIndex.GetAsync, read);
        Reads(repository, "/v3/flat/{name}/index.json", NuGetRead.VersionsAsync, read);
        Reads(repository, "/v3/flat/{name}/{version}/{file}", NuGetRead.FileAsync, read);
        Reads(repository, "/v3/registration/{name}/index.json", NuGetRead.RegistrationAsync, read);
        Reads(repository, "/v3/registration/{name}/page/{first}/{last}.json", NuGetRead.PageAsync, read);
        Reads(repository, "/v3/registration/{name}/{version}.json", NuGetRead.LeafAsync, read);
        Reads(repository, "/v3/query", NuGetSearch.SearchAsync, read);
        Reads(repository, "/v3/autocomplete", NuGetSearch.CompleteAsync, read);

        // Which package it is, and so whether it may be published, is known once the body is there.
        repository.MapPut("/v3/package", NuGetPublish.PutAsync).WithMetadata(read);
        repository.MapPut("/v3/symbolpackage", NuGetSymbols.PutAsync).WithMetadata(read);
        repository.MapDelete("/v3/package/{name}/{version}", NuGetUnlist.DeleteAsync).WithMetadata(new Guard(UpdateStatus));
        repository.MapPost("/v3/package/{name}/{version}", NuGetUnlist.RelistAsync).WithMetadata(new Guard(UpdateStatus));
    }

    public override PackageCoordinate? ReadPackage(RouteValueDictionary values)
    {
        if (values["name"] is not string name)
        {
            return null;
        }

        return NuGetName.IsValid(name)
            ? new PackageCoordinate(FormatName, "", NuGetName.Normalize(name))
            : throw Refusal.Validation($"'{name}' is not the id of a NuGet package.");
    }

    public override Task RefuseAsync(HttpContext context, Refusal refusal) => NuGetErrors.RenderAsync(context, refusal);

    public override VersionDescription Describe(PackageCoordinate package, ReadOnlyMemory<byte> manifest) => NuGetManifest.Read(manifest.Span).Describe();

    public override IReadOnlyList<PackageDependency> Dependencies(ReadOnlyMemory<byte> manifest) => NuGetManifest.Read(manifest.Span).Dependencies();

    private static void Reads(RouteGroupBuilder repository, string pattern, RequestDelegate handler, Guard read) =>
        repository.MapMethods(pattern, ["GET", "HEAD"], handler).WithMetadata(read);
}
