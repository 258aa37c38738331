using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Npm;

/// <summary>npm: scoped or plain names, one tarball a version, packuments.</summary>
public sealed class NpmFormat : PackageFormat
{
    internal const string FormatName = "npm";

    /// <summary>CodeArtifact's name for the one asset of every version.</summary>
    internal const string AssetName = "package.tgz";

    public override string Name => FormatName;

    public override NamespaceRule Namespace => NamespaceRule.Optional;

    public override IComparer<string> VersionOrder => NpmVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => NpmConnections.All;

    // A scope is kept without the @ that its users write. What is named with it must not be another package, whose controls protect nothing.
    public override string NormalizeNamespace(string value) => value.Length > 1 && value[0] == '@' ? value[1..] : value;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<NpmIndex>().AddSingleton<NpmPublish>().AddSingleton<NpmDeprecation>().AddSingleton<NpmSearch>();
        services.AddSingleton<SourceReader, NpmUpstream>();
    }

    public override void Map(RouteGroupBuilder repository)
    {
        Both(repository, "/{name}", ["GET", "HEAD"], NpmRead.PackumentAsync, AccessActions.ReadFromRepository);
        Both(repository, "/{name}/{version}", ["GET", "HEAD"], NpmRead.ManifestAsync, AccessActions.ReadFromRepository);
        Both(repository, "/{name}/-/{file}", ["GET", "HEAD"], NpmRead.TarballAsync, AccessActions.ReadFromRepository);
        Both(repository, "/{name}", ["PUT"], NpmPublish.PutAsync, AccessActions.PublishPackageVersion, AccessActions.PutPackageMetadata);
        Both(repository, "/{name}/-rev/{revision}", ["PUT", "DELETE"], NpmUnpublish.RefuseAsync, AccessActions.PublishPackageVersion);
        Both(repository, "/{name}/-/{file}/-rev/{revision}", ["DELETE"], NpmUnpublish.RefuseAsync, AccessActions.PublishPackageVersion);
        Both(repository, "/-/package/{name}/dist-tags", ["GET"], NpmTags.ListAsync, AccessActions.ReadFromRepository);
        Both(repository, "/-/package/{name}/dist-tags/{tag}", ["PUT", "POST"], NpmTags.PutAsync, AccessActions.PutPackageMetadata);
        Both(repository, "/-/package/{name}/dist-tags/{tag}", ["DELETE"], NpmTags.DeleteAsync, AccessActions.PutPackageMetadata);

        var read = new Guard(AccessActions.ReadFromRepository);
        repository.MapGet("/-/ping", NpmRead.PingAsync).WithMetadata(read);
        repository.MapGet("/-/whoami", NpmRead.WhoAmIAsync).WithMetadata(read);
        repository.MapGet("/-/v1/search", NpmSearch.RunAsync).WithMetadata(read);
        repository.MapPut("/-/user/{user}", NpmSession.RefuseLoginAsync).WithMetadata(read);
        repository.MapPost("/-/v1/login", NpmSession.RefuseLoginAsync).WithMetadata(read);
        repository.MapDelete("/-/user/token/{token}", NpmSession.LogOutAsync).WithMetadata(read);
    }

    public override PackageCoordinate? ReadPackage(RouteValueDictionary values)
    {
        if (values["name"] is not string name)
        {
            return null;
        }

        var parsed = NpmName.Of((string?)values["scope"], name) ?? throw Refusal.Validation($"'{name}' is not the name of an npm package.");
        return new PackageCoordinate(FormatName, parsed.Scope ?? "", parsed.Name);
    }

    public override Task RefuseAsync(HttpContext context, Refusal refusal) => NpmErrors.RenderAsync(context, refusal);

    public override VersionDescription Describe(PackageCoordinate package, ReadOnlyMemory<byte> manifest) => NpmManifest.Describe(manifest);

    public override IReadOnlyList<PackageDependency> Dependencies(ReadOnlyMemory<byte> manifest) => NpmManifest.Dependencies(manifest);

    internal static string Spell(PackageCoordinate package) => package.Namespace.Length == 0 ? package.Name : $"@{package.Namespace}/{package.Name}";

    internal static NpmName NameOf(PackageCoordinate package) =>
        NpmName.Of(package.Namespace, package.Name) ?? throw new InvalidOperationException($"{package} has no npm spelling.");

    /// <summary>Maps a route for plain names and the same one for scoped names.</summary>
    private static void Both(RouteGroupBuilder repository, string pattern, string[] methods, RequestDelegate handler, string action, string? alternative = null)
    {
        var guard = new Guard(action, alternative);
        repository.MapMethods(pattern, methods, handler).WithMetadata(guard);
        repository.MapMethods(pattern.Replace("{name}", "@{scope}/{name}", StringComparison.Ordinal), methods, handler).WithMetadata(guard);
    }
}
