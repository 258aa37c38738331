namespace Granary.Formats.Swift;

/// <summary>Swift packages: a required scope; scope and name are case-insensitive, versions are SemVer 2.0 as written.</summary>
public sealed class SwiftFormat : PackageFormat
{
    public override string Name => "swift";

    public override NamespaceRule Namespace => NamespaceRule.Required;

    public override IComparer<string> VersionOrder => SemVerOrder.Instance;

    public override string NormalizeNamespace(string value) => value.ToLowerInvariant();

    public override string NormalizeName(string value) => value.ToLowerInvariant();
}
