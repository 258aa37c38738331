using System.Text.Json;

namespace Granary.Formats.NuGet;

/// <summary>Writes what is known of one version into a registration: all as its publisher wrote it, but for the addresses, which are always ours.</summary>
internal static class NuGetLeaf
{
    public static void Write(Utf8JsonWriter json, NuGetAddresses addresses, string id, string version, NuGetListedVersion listed)
    {
        json.WriteStartObject();
        json.WriteString("@id", addresses.Leaf(id, version));
        json.WriteString("packageContent", addresses.Package(id, version));
        json.WriteString("registration", addresses.Registration(id));
        json.WriteStartObject("catalogEntry");
        WriteEntry(json, addresses, id, version, listed);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, NuGetAddresses addresses, string id, string version, NuGetListedVersion listed)
    {
        var manifest = listed.Manifest;
        json.WriteString("@id", addresses.Leaf(id, version));
        json.WriteString("id", manifest.Id);
        json.WriteString("version", manifest.Version);
        json.WriteBoolean("listed", listed.IsListed && manifest.Listed);
        if (listed.PublishedAt is { } time)
        {
            json.WriteString("published", time.UtcDateTime);
        }

        json.WriteString("packageContent", addresses.Package(id, version));
        Optional(json, "title", manifest.Title);
        Optional(json, "authors", manifest.Authors);
        Optional(json, "description", manifest.Description);
        Optional(json, "summary", manifest.Summary);
        Optional(json, "language", manifest.Language);
        Optional(json, "minClientVersion", manifest.MinClientVersion);
        Optional(json, "projectUrl", manifest.ProjectUrl);
        Optional(json, "licenseExpression", manifest.LicenseExpression);
        Optional(json, "licenseUrl", manifest.LicenseUrl);
        Optional(json, "iconUrl", manifest.IconFile is null ? manifest.IconUrl : addresses.Icon(id, version));
        Optional(json, "readmeUrl", manifest.ReadmeFile is null ? null : addresses.Readme(id, version));
        Optional(json, "packageHash", manifest.PackageHash);
        Optional(json, "packageHashAlgorithm", manifest.PackageHashAlgorithm);
        json.WriteBoolean("requireLicenseAcceptance", manifest.RequireLicenseAcceptance);
        WriteTexts(json, "tags", manifest.Tags);
        WriteGroups(json, addresses, manifest.DependencyGroups);
        WriteTypes(json, manifest.PackageTypes);
        WriteElement(json, "deprecation", manifest.Deprecation);
        WriteElement(json, "vulnerabilities", manifest.Vulnerabilities);
    }

    private static void WriteGroups(Utf8JsonWriter json, NuGetAddresses addresses, IReadOnlyList<NuGetDependencyGroup> groups)
    {
        json.WriteStartArray("dependencyGroups");
        foreach (var group in groups)
        {
            json.WriteStartObject();
            Optional(json, "targetFramework", group.TargetFramework);
            json.WriteStartArray("dependencies");
            foreach (var dependency in group.Dependencies)
            {
                json.WriteStartObject();
                json.WriteString("id", dependency.Id);
                json.WriteString("range", dependency.Range ?? "(, )");
                json.WriteString("registration", addresses.Registration(NuGetName.Normalize(dependency.Id)));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTypes(Utf8JsonWriter json, IReadOnlyList<NuGetPackageType> types)
    {
        json.WriteStartArray("packageTypes");
        foreach (var type in types)
        {
            json.WriteStartObject();
            json.WriteString("name", type.Name);
            Optional(json, "version", type.Version);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteElement(Utf8JsonWriter json, string name, JsonElement? element)
    {
        if (element is { } value)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }
    }

    private static void Optional(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
