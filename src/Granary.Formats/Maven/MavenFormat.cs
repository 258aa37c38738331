using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.Maven;

/// <summary>Maven artifacts: the namespace is the group, the name the artifact id; both and the version as written.</summary>
public sealed class MavenFormat : PackageFormat
{
    internal const string FormatName = "maven";

    public override string Name => FormatName;

    public override NamespaceRule Namespace => NamespaceRule.Required;

    public override IComparer<string> VersionOrder => MavenVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => MavenConnections.All;

    public override void AddServices(IServiceCollection services)
    {
        services.AddSingleton<MavenIndex>().AddSingleton<MavenSnapshots>().AddSingleton<MavenDigests>();
        services.AddSingleton<MavenPublish>().AddSingleton<MavenCompletion>();
        services.AddSingleton<SourceReader, MavenUpstream>();
    }

    public override void Map(RouteGroupBuilder repository)
    {
        repository.MapMethods("/{**path}", ["GET", "HEAD"], MavenRead.GetAsync).WithMetadata(new Guard(AccessActions.ReadFromRepository));
        repository.MapPut("/{**path}", MavenPublish.PutAsync).WithMetadata(new Guard(AccessActions.PublishPackageVersion));

        // The same addresses, those that end in maven-metadata.xml: to list a version is another right than to bring its files.
        var metadata = RoutePatternFactory.Parse("/{**metadata}", null, new RouteValueDictionary { ["metadata"] = new MetadataConstraint() });
        repository.Map(metadata, MavenPublish.PutAsync).WithMetadata(new HttpMethodMetadata(["PUT"]), new Guard(AccessActions.PutPackageMetadata));
    }

    public override PackageCoordinate? ReadPackage(RouteValueDictionary values) => MavenPath.Parse(PathOf(values))?.Package;

    public override Task RefuseAsync(HttpContext context, Refusal refusal) => PlainRefusal.RenderAsync(context, refusal);

    public override VersionDescription Describe(PackageCoordinate package, ReadOnlyMemory<byte> manifest) =>
        MavenManifest.Read(manifest.Span).Project is { } project
            ? new VersionDescription(project.Name ?? package.Name, project.Description, project.Url, project.Scm, project.Licenses)
            : VersionDescription.Empty;

    public override IReadOnlyList<PackageDependency> Dependencies(ReadOnlyMemory<byte> manifest) =>
        MavenManifest.Read(manifest.Span).Project?.Dependencies ?? [];

    internal static string PathOf(RouteValueDictionary values) => values["path"] as string ?? values["metadata"] as string ?? "";

    /// <summary>As people write it: <c>org.example:lib</c>.</summary>
    internal static string Spell(PackageCoordinate package) => $"{package.Namespace}:{package.Name}";

    private sealed class MetadataConstraint : IRouteConstraint
    {
        public bool Match(HttpContext? httpContext, IRouter? route, string routeKey, RouteValueDictionary values, RouteDirection routeDirection)
        {
            var file = values[routeKey] as string ?? "";
            file = file[(file.LastIndexOf('/') + 1)..];
            MavenChecksums.Split(ref file);
            return file == MavenPath.Metadata;
        }
    }
}
