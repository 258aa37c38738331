namespace Granary.Formats.Maven;

/// <summary>Maven artifacts: the namespace is the group, the name the artifact id; both and the version as written.</summary>
public sealed class MavenFormat : PackageFormat
{
    public override string Name => "maven";

    public override NamespaceRule Namespace => NamespaceRule.Required;

    public override IComparer<string> VersionOrder => MavenVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => MavenConnections.All;
}
