namespace Granary.Formats.Cargo;

/// <summary>Rust crates: no namespace; names and versions as written, since a crate's index entry must repeat its exact name.</summary>
public sealed class CargoFormat : PackageFormat
{
    public override string Name => "cargo";

    public override NamespaceRule Namespace => NamespaceRule.Absent;

    public override IComparer<string> VersionOrder => SemVerOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => CargoConnections.All;
}
