namespace Granary.Formats.NuGet;

/// <summary>The absolute addresses that documents name. Ids and versions are normalised, so that nothing in them needs escaping.</summary>
/// <param name="Repository">The repository's address as the client wrote it, with a trailing slash.</param>
internal readonly record struct NuGetAddresses(string Repository)
{
    public string Flat => $"{Repository}v3/flat/";

    public string Registrations => $"{Repository}v3/registration/";

    public string Package(string id, string version) => $"{Flat}{id}/{version}/{NuGetName.Package(id, version)}";

    public string Icon(string id, string version) => $"{Flat}{id}/{version}/icon";

    public string Readme(string id, string version) => $"{Flat}{id}/{version}/readme";

    public string Registration(string id) => $"{Registrations}{id}/index.json";

    public string Page(string id, string first, string last) => $"{Registrations}{id}/page/{first}/{last}.json";

    public string Leaf(string id, string version) => $"{Registrations}{id}/{version}.json";
}
