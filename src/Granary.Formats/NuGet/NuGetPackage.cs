using System.Text;
using Granary.Core;

namespace Granary.Formats.NuGet;

/// <summary>What a package says of itself.</summary>
/// <param name="Readme">The text of the readme, invalid UTF-8 replaced; null where there is none.</param>
internal sealed record NuGetContent(NuGetManifest Manifest, string? Readme)
{
    /// <summary>Normalised.</summary>
    public string Id { get; } = NuGetName.Normalize(Manifest.Id);

    /// <summary>Normalised.</summary>
    public string Version { get; } = NuGetName.Normalize(NuGetName.Version(Manifest.Version)!);
}

/// <summary>Looks into a package (.nupkg or .snupkg) without unpacking it anywhere, and accepts only what every client reads alike.</summary>
internal static class NuGetPackage
{
    private const string Extension = ".nuspec";

    /// <summary>Reads a package to its end. Its bytes, a signature among them, stay as they are.</summary>
    /// <param name="package">Must seek.</param>
    /// <param name="strict">Of a package that is published here and not of one that a public source has had for years; see <see cref="NuGetNuspec.Read"/>.</param>
    /// <exception cref="Refusal">
    /// Validation: not a sound zip archive; paths that lead out or occur twice, whatever their case; not exactly one .nuspec in the top
    /// folder, or one that cannot be read. Past the limits, or a bomb.
    /// </exception>
    public static async Task<NuGetContent> InspectAsync(Stream package, NuGetLimits limits, bool strict, CancellationToken cancellation)
    {
        var reader = await ZipReader.OpenAsync(package, limits, cancellation);
        var nuspec = FindNuspec(reader.Entries);
        if (nuspec.Size > limits.NuspecBytes)
        {
            throw Refusal.Validation($"The package's .nuspec has {nuspec.Size:N0} bytes, and one may have {limits.NuspecBytes:N0}: make it smaller.");
        }

        using var content = new MemoryStream();
        foreach (var entry in reader.Entries)
        {
            Action<ReadOnlySpan<byte>> sink = entry == nuspec ? content.Write : static _ => { };
            await reader.ReadNextAsync(sink, cancellation);
        }

        var manifest = NuGetNuspec.Read(content.GetBuffer().AsSpan(0, (int)content.Length), strict);
        return new NuGetContent(manifest, await ReadmeAsync(package, manifest, limits, cancellation));
    }

    /// <summary>Whether a path is that of a package's own .nuspec; what lies deeper belongs to its content.</summary>
    public static bool IsNuspec(string path) =>
        path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !path.Contains('/', StringComparison.Ordinal);

    private static ZipEntry FindNuspec(IReadOnlyList<ZipEntry> entries)
    {
        ZipEntry? nuspec = null;
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var entry in entries)
        {
            var name = NuGetMember.PathOf(entry.Name);
            ArchivePath.Check(name);
            // Some file systems take both for one file, and then the last one wins.
            if (!names.Add(name.TrimEnd('/')))
            {
                throw Refusal.Validation($"The package holds {ArchivePath.Shown(name)} twice, or in two spellings: pack the package again with each file once.");
            }

            if (!IsNuspec(name))
            {
                continue;
            }

            if (nuspec is not null)
            {
                throw Refusal.Validation($"The package has two .nuspec files, {ArchivePath.Shown(nuspec.Name)} and {ArchivePath.Shown(name)}: pack the package again with one.");
            }

            nuspec = entry;
        }

        return nuspec ?? throw Refusal.Validation("The package has no .nuspec in its top folder: pack it with dotnet pack or nuget pack.");
    }

    private static async Task<string?> ReadmeAsync(Stream package, NuGetManifest manifest, NuGetLimits limits, CancellationToken cancellation)
    {
        if (manifest.ReadmeFile is not { } path || await NuGetMember.ReadAsync(package, path, limits.ReadmeBytes, cancellation) is not { } bytes)
        {
            return null;
        }

        var readme = bytes.AsSpan();
        return Encoding.UTF8.GetString(readme.StartsWith("\uFEFF"u8) ? readme[3..] : readme);
    }
}
