using Granary.Core;
using Granary.Core.Groups;
using Granary.Formats;

namespace Granary.Server.ControlPlane;

/// <summary>Reads patterns of package groups and holds them against the formats that they name, and writes them into ARNs.</summary>
internal static class GroupPatterns
{
    /// <param name="name">The parameter that the pattern is the value of.</param>
    /// <exception cref="Refusal">Validation: it is no pattern, or no package can match it.</exception>
    public static PackageGroupPattern Read(string name, string text)
    {
        var pattern = PackageGroupPattern.Parse(Shapes.PackageGroupPattern.Check(name, text));
        if (pattern.Scope is PatternScope.All)
        {
            return pattern;
        }

        var format = PackageFormats.Find(pattern.Format) ?? throw UnknownFormat(name, pattern);
        DemandNamespace(pattern, format);
        DemandNormal(pattern, format);
        return pattern;
    }

    /// <summary>As ARNs have it: the three characters that mean something elsewhere are encoded, in lower case.</summary>
    public static string Encode(PackageGroupPattern pattern) => pattern.Text
        .Replace("%", "%25", StringComparison.Ordinal)
        .Replace("*", "%2a", StringComparison.Ordinal)
        .Replace("$", "%24", StringComparison.Ordinal);

    public static string Decode(string text) => text
        .Replace("%2a", "*", StringComparison.OrdinalIgnoreCase)
        .Replace("%24", "$", StringComparison.Ordinal)
        .Replace("%25", "%", StringComparison.Ordinal);

    private static Refusal UnknownFormat(string name, PackageGroupPattern pattern)
    {
        // AWS's guide writes /python//requests in one example; the format's name in its API is pypi.
        var hint = pattern.Format == "python" ? $" Write it as {pattern.Text.Replace("/python/", "/pypi/", StringComparison.Ordinal)}." : "";
        return Fault.Of(name, $"The format of a pattern must be one of [{string.Join(", ", PackageFormats.All.Select(f => f.Name))}].{hint}");
    }

    private static void DemandNamespace(PackageGroupPattern pattern, PackageFormat format)
    {
        var named = pattern.Scope is PatternScope.Name or PatternScope.NamePrefix;
        if (format.Namespace is NamespaceRule.Absent && pattern.Namespace.Length > 0)
        {
            throw Refusal.Validation($"Packages of format {format.Name} have no namespace: leave that part of '{pattern}' empty, as in /{format.Name}//name$.");
        }

        if (format.Namespace is NamespaceRule.Required && named && pattern.Namespace.Length == 0)
        {
            throw Refusal.Validation($"Packages of format {format.Name} have a namespace: name it in '{pattern}', as in /{format.Name}/namespace/name$.");
        }
    }

    private static void DemandNormal(PackageGroupPattern pattern, PackageFormat format)
    {
        var space = pattern.Namespace.Length == 0 ? "" : format.NormalizeNamespace(pattern.Namespace);
        var name = pattern.Name.Length == 0 ? "" : format.NormalizeName(pattern.Name);
        if (space != pattern.Namespace || name != pattern.Name)
        {
            throw Refusal.Validation($"Names of format {format.Name} are compared in their normal form, and '{pattern}' is not written in it. Write {pattern.Of(space, name)}.");
        }
    }
}
