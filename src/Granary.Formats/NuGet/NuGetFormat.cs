using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary>NuGet packages: no namespace, ids and versions case-insensitive, versions in NuGet's normal form.</summary>
public sealed class NuGetFormat : PackageFormat
{
    public override string Name => "nuget";

    public override NamespaceRule Namespace => NamespaceRule.Absent;

    public override IComparer<string> VersionOrder => NuGetVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => NuGetConnections.All;

    public override string NormalizeName(string value) => value.ToLowerInvariant();

    /// <summary>
    /// Without leading zeros, a fourth part of zero and build metadata. Lower-case as in every address of the protocol, since
    /// clients take <c>1.0.0-RC</c> and <c>1.0.0-rc</c> for one version.
    /// </summary>
    public override string NormalizeVersion(string value) =>
        NuGetVersion.TryParse(value, out var version) ? version.ToNormalizedString().ToLowerInvariant() : value;
}
