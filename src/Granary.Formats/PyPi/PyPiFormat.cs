using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Packages;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Granary.Formats.PyPi;

/// <summary>Python distributions: no namespace, names by PEP 503, versions by PEP 440.</summary>
public sealed class PyPiFormat : PackageFormat
{
    internal const string FormatName = "pypi";

    public override string Name => FormatName;

    public override NamespaceRule Namespace => NamespaceRule.Absent;

    public override IComparer<string> VersionOrder => PyPiVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => PyPiConnections.All;

    public override void AddServices(IServiceCollection services) => services.AddSingleton<PyPiIndex>().AddSingleton<PyPiPublish>().AddSingleton<PyPiSpelling>().AddSingleton<PyPiMetadataFile>().AddSingleton<SourceReader, PyPiUpstream>();

    public override void Map(RouteGroupBuilder repository)
    {
        var read = new Guard(AccessActions.ReadFromRepository);
        repository.MapPost("/", PyPiPublish.PostAsync).WithMetadata(new Guard(AccessActions.PublishPackageVersion) { IsAskedByHandler = true });
        repository.MapMethods("/simple/{project}/", ["GET", "HEAD"], PyPiRead.ProjectAsync).WithMetadata(read);
        repository.MapMethods("/simple/{project}/{version}/{file}", ["GET", "HEAD"], PyPiRead.FileAsync).WithMetadata(read);
        repository.MapMethods("/pypi/{project}/json", ["GET", "HEAD"], PyPiRead.JsonAsync).WithMetadata(read);
    }

    public override PackageCoordinate? ReadPackage(RouteValueDictionary values) => values["project"] switch
    {
        string project when PyPiName.IsValid(project) => new PackageCoordinate(FormatName, "", NormalizeName(project)),
        string project => throw Refusal.Validation($"'{project}' is not the name of a Python project."),
        _ => null,
    };

    public override Task RefuseAsync(HttpContext context, Refusal refusal) => PlainRefusal.RenderAsync(context, refusal);

    public override VersionDescription Describe(PackageCoordinate package, ReadOnlyMemory<byte> manifest) => PyPiDescription.Of(manifest);

    public override IReadOnlyList<PackageDependency> Dependencies(ReadOnlyMemory<byte> manifest) => PyPiDescription.Dependencies(manifest);

    public override string NormalizeName(string value) => PyPiName.Normalize(value);

    /// <summary>
    /// PEP 440's normal form, so that <c>v1.0</c> and <c>1.0-RC1</c> are not told apart from <c>1.0</c> and <c>1.0rc1</c>. Trailing
    /// zeros stay, as the PEP has it: <c>1.0</c> and <c>1.0.0</c> are equal by <see cref="VersionOrder"/> alone.
    /// </summary>
    public override string NormalizeVersion(string value) => PyPiVersion.Parse(value)?.ToString() ?? value;
}
