using System.Text.Json;

namespace Granary.Formats.PyPi;

/// <summary>
/// What a public index lists of a project, in the one form in which it is kept: sources answer in JSON or in HTML, and only what can be
/// verified and belongs to the project is taken from either.
/// </summary>
/// <param name="Project">Normalised.</param>
internal sealed record PyPiListing(string Project, IReadOnlyList<PyPiListedVersion> Versions)
{
    public static PyPiListing Read(ReadOnlyMemory<byte> document) =>
        JsonSerializer.Deserialize(document.Span, PyPiJson.Default.PyPiListing) ?? throw new JsonException("A listing is null.");

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, PyPiJson.Default.PyPiListing);

    /// <summary>Files by version. Equal versions are one, under the normal form of the text that comes first.</summary>
    public static PyPiListing Of(string project, IEnumerable<PyPiListedFile> files)
    {
        var versions = new Dictionary<string, (string Text, Dictionary<string, PyPiListedFile> Files)>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            if (PyPiFileName.ParseListed(file.File.Name, project) is not { } name)
            {
                // Eggs, installers and what else indexes have from former times.
                continue;
            }

            var version = PyPiVersion.Parse(name.Version)!;
            if (!versions.TryGetValue(version.Key, out var known))
            {
                versions.Add(version.Key, known = (version.ToString(), []));
            }

            known.Files.TryAdd(file.File.Name, file);
        }

        return new PyPiListing(project, [.. versions.Values.Select(v => new PyPiListedVersion(v.Text, [.. v.Files.Values]))]);
    }
}

internal sealed record PyPiListedVersion(string Version, IReadOnlyList<PyPiListedFile> Files)
{
    public static PyPiListedVersion Read(ReadOnlyMemory<byte> listed) =>
        JsonSerializer.Deserialize(listed.Span, PyPiJson.Default.PyPiListedVersion) ?? throw new JsonException("A listed version is null.");

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, PyPiJson.Default.PyPiListedVersion);
}

/// <param name="Address">As the index has it: absolute, or relative to the project's page.</param>
internal sealed record PyPiListedFile(PyPiFile File, string Address);
