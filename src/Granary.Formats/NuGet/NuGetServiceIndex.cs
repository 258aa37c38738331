using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;

namespace Granary.Formats.NuGet;

/// <summary><c>v3/index.json</c>: where everything else is.</summary>
internal static class NuGetServiceIndex
{
    public static Task GetAsync(HttpContext context)
    {
        var address = RepositoryRequest.Of(context).Address;
        var index = new NuGetService("3.0.0", [.. Resources(address).Select(r => new NuGetResource(r.Address, r.Type))]);
        return RenderedDocument.Of(JsonSerializer.SerializeToUtf8Bytes(index, NuGetJson.Default.NuGetService)).SendAsync(context, "application/json");
    }

    private static IEnumerable<(string Type, string Address)> Resources(string address)
    {
        var addresses = new NuGetAddresses(address);
        yield return ("PackageBaseAddress/3.0.0", addresses.Flat);
        // One hive for all clients: whether it is compressed is negotiated, and every client that CodeArtifact knows reads SemVer 2.
        foreach (var version in (string[])["", "/3.0.0-beta", "/3.0.0-rc", "/3.4.0", "/3.6.0"])
        {
            yield return ($"RegistrationsBaseUrl{version}", addresses.Registrations);
        }

        foreach (var version in (string[])["", "/3.0.0-beta", "/3.0.0-rc", "/3.5.0"])
        {
            yield return ($"SearchQueryService{version}", $"{address}v3/query");
            yield return ($"SearchAutocompleteService{version}", $"{address}v3/autocomplete");
        }

        yield return ("PackagePublish/2.0.0", $"{address}v3/package");
        yield return ("SymbolPackagePublish/4.9.0", $"{address}v3/symbolpackage");
        yield return ("ReadmeUriTemplate/6.13.0", $"{addresses.Flat}{{lower_id}}/{{lower_version}}/readme");
    }
}

internal sealed record NuGetService(string Version, IReadOnlyList<NuGetResource> Resources);

internal sealed record NuGetResource([property: JsonPropertyName("@id")] string Id, [property: JsonPropertyName("@type")] string Type);
