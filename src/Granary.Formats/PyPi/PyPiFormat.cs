namespace Granary.Formats.PyPi;

/// <summary>Python distributions: no namespace, names by PEP 503, versions by PEP 440.</summary>
public sealed class PyPiFormat : PackageFormat
{
    public override string Name => "pypi";

    public override NamespaceRule Namespace => NamespaceRule.Absent;

    public override IComparer<string> VersionOrder => PyPiVersionOrder.Instance;

    public override IReadOnlyList<ExternalConnection> Connections => PyPiConnections.All;

    public override string NormalizeName(string value) => PyPiName.Normalize(value);

    /// <summary>
    /// PEP 440's normal form, so that <c>v1.0</c> and <c>1.0-RC1</c> are not told apart from <c>1.0</c> and <c>1.0rc1</c>. Trailing
    /// zeros stay, as the PEP has it: <c>1.0</c> and <c>1.0.0</c> are equal by <see cref="VersionOrder"/> alone.
    /// </summary>
    public override string NormalizeVersion(string value) => PyPiVersion.Parse(value)?.ToString() ?? value;
}
