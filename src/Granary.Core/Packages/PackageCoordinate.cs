namespace Granary.Core.Packages;

/// <summary>
/// A package by its normalised name, as ARNs and the database have it. <see cref="Namespace"/> is a scope without
/// <c>@</c>, a group and so on; the empty string where the format has none.
/// </summary>
public sealed record PackageCoordinate(string Format, string Namespace, string Name)
{
    public override string ToString() =>
        Namespace.Length == 0 ? $"{Format} package {Name}" : $"{Format} package {Namespace}/{Name}";
}
