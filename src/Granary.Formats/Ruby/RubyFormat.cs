namespace Granary.Formats.Ruby;

/// <summary>Ruby gems: no namespace, names and versions as written.</summary>
public sealed class RubyFormat : PackageFormat
{
    public override string Name => "ruby";

    public override NamespaceRule Namespace => NamespaceRule.Absent;

    public override IComparer<string> VersionOrder => RubyVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => RubyConnections.All;
}
