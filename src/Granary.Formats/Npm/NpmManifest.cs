using System.Text.Json;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>
/// Reads a stored manifest (or a package.json) for the control plane. Manifests from public sources have had every shape there is: what
/// cannot be understood is left out, and nothing is refused.
/// </summary>
public static class NpmManifest
{
    public static VersionDescription Describe(ReadOnlyMemory<byte> manifest)
    {
        if (TryParse(manifest) is not { } root)
        {
            return VersionDescription.Empty;
        }

        return new VersionDescription(
            NpmJsonDocument.Text(root, "name"),
            NpmJsonDocument.Text(root, "description"),
            FirstText(root, "homepage"),
            Repository(root),
            Licenses(root));
    }

    /// <summary>Direct dependencies in AWS's words: regular, optional, peer, dev; each group in the order of names.</summary>
    public static IReadOnlyList<PackageDependency> Dependencies(ReadOnlyMemory<byte> manifest)
    {
        if (TryParse(manifest) is not { } root)
        {
            return [];
        }

        var optional = NpmDependencyMap.Of(root, "optionalDependencies");
        // npm lists an optional dependency among the regular ones too, for clients that know no other.
        var regular = NpmDependencyMap.Of(root, "dependencies").Where(d => !optional.ContainsKey(d.Key));
        return
        [
            .. Named(regular, "regular"),
            .. Named(optional, "optional"),
            .. Named(NpmDependencyMap.Of(root, "peerDependencies"), "peer"),
            .. Named(NpmDependencyMap.Of(root, "devDependencies"), "dev"),
        ];
    }

    /// <summary>What is no package's name names nothing that could be installed, and has no place in the API's model.</summary>
    private static IEnumerable<PackageDependency> Named(IEnumerable<KeyValuePair<string, string>> dependencies, string type) =>
        from dependency in dependencies
        let name = NpmName.Parse(dependency.Key)
        where name is not null
        select new PackageDependency(name.Scope, name.Name, type, dependency.Value);

    private static JsonElement? TryParse(ReadOnlyMemory<byte> manifest)
    {
        try
        {
            return NpmJsonDocument.Parse(manifest, "The manifest", strict: false);
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private static string? FirstText(JsonElement root, string member)
    {
        if (!root.TryGetProperty(member, out var value))
        {
            return null;
        }

        var first = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 ? value[0] : value;
        return first.ValueKind == JsonValueKind.String ? first.GetString() : NpmJsonDocument.Text(first, "url");
    }

    private static string? Repository(JsonElement root)
    {
        if (FirstText(root, "repository") is not { Length: > 0 } address)
        {
            return null;
        }

        if (NpmGitSource.Parse(address) is { } source)
        {
            return source.WebAddress;
        }

        return address.StartsWith("git+", StringComparison.Ordinal) ? address[4..] : address;
    }

    private static List<License> Licenses(JsonElement root)
    {
        var licenses = new List<License>();
        foreach (var member in (ReadOnlySpan<string>)["license", "licenses"])
        {
            if (licenses.Count == 0 && root.TryGetProperty(member, out var value))
            {
                Add(licenses, value, depth: 0);
            }
        }

        return licenses;
    }

    private static void Add(List<License> licenses, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String when value.GetString() is { Length: > 0 } name:
                licenses.Add(new License(name, null));
                break;
            case JsonValueKind.Object when (NpmJsonDocument.Text(value, "type") ?? NpmJsonDocument.Text(value, "name")) is { Length: > 0 } type:
                licenses.Add(new License(type, NpmJsonDocument.Text(value, "url")));
                break;
            case JsonValueKind.Array when depth == 0:
                foreach (var element in value.EnumerateArray())
                {
                    Add(licenses, element, depth + 1);
                }

                break;
            default:
                break;
        }
    }
}
