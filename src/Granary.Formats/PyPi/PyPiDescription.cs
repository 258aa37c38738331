using System.Text.Json;

namespace Granary.Formats.PyPi;

/// <summary>Reads a stored manifest for the control plane. What cannot be understood is left out, and nothing is refused.</summary>
internal static class PyPiDescription
{
    private static readonly string[] Sources = ["source", "sourcecode", "repository", "code", "github", "gitlab"];

    public static VersionDescription Of(ReadOnlyMemory<byte> stored) =>
        TryRead(stored) is { } manifest
            ? new VersionDescription(
                manifest.Name,
                manifest.Summary,
                manifest.HomePage ?? Url(manifest, ["homepage"]),
                Url(manifest, Sources),
                LicenseOf(manifest) is { } license ? [new License(license, null)] : [])
            : VersionDescription.Empty;

    /// <summary>The requirements in their order, each with its name apart from what is asked of it.</summary>
    public static IReadOnlyList<PackageDependency> Dependencies(ReadOnlyMemory<byte> stored) =>
    [
        .. from requirement in TryRead(stored)?.RequiresDist ?? []
           let name = string.Concat(requirement.TakeWhile(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_'))
           where PyPiName.IsValid(name)
           select new PackageDependency(null, PyPiName.Normalize(name), "Requires-Dist", requirement[name.Length..].Trim() is { Length: > 0 } rest ? rest : null),
    ];

    /// <summary>The field, of which the first line is the name where somebody put the whole text there; else what the classifiers say.</summary>
    private static string? LicenseOf(PyPiManifest manifest)
    {
        const string Mark = "License :: ";
        var classified = manifest.Classifiers?.FirstOrDefault(c => c.StartsWith(Mark, StringComparison.Ordinal));
        return manifest.License?.Split('\n')[0].Trim() is { Length: > 0 } license ? license : classified?[(classified.LastIndexOf(':') + 1)..].Trim();
    }

    private static string? Url(PyPiManifest manifest, string[] labels)
    {
        foreach (var url in manifest.ProjectUrls ?? [])
        {
            var comma = url.IndexOf(',', StringComparison.Ordinal);
            if (comma > 0 && labels.Contains(string.Concat(url[..comma].Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant()))
            {
                return url[(comma + 1)..].Trim();
            }
        }

        return null;
    }

    private static PyPiManifest? TryRead(ReadOnlyMemory<byte> stored)
    {
        try
        {
            return JsonSerializer.Deserialize(stored.Span, PyPiJson.Default.PyPiManifest);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
