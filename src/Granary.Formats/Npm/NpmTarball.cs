using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>
/// Looks into a package's tarball without unpacking it anywhere: one pass over the compressed bytes with fixed buffers, keeping the
/// package.json and the readme only.
/// </summary>
public static class NpmTarball
{
    /// <summary>Reads a tarball that a client publishes, and accepts only what every unpacker reads alike.</summary>
    /// <exception cref="Refusal">
    /// Validation: not one whole gzip file or not a sound tar archive; links or devices; paths that are absolute, lead
    /// upwards or occur twice; not exactly one package.json. Past <paramref name="limits"/>, or a decompression bomb.
    /// </exception>
    public static async Task<NpmTarballContent> InspectAsync(
        Stream compressed, NpmTarballLimits? limits = null, CancellationToken cancellation = default)
    {
        var walk = new NpmTarballWalk(limits ?? NpmTarballLimits.Default, strict: true);
        await walk.RunAsync(compressed, cancellation);
        return walk.Content()
            ?? throw Refusal.Validation("The tarball holds no package.json in its top folder: pack the package's own folder, with npm pack.");
    }

    /// <summary>
    /// Reads a tarball that a public source serves, which may be as odd as what npm installs: the last of two files wins, links and
    /// unknown members are passed over, and what is damaged or past the limits is overlooked once the package.json is read. Null where
    /// there is no package.json before that, or it is not JSON; nothing is ever refused.
    /// </summary>
    public static async Task<NpmTarballContent?> TryDescribeAsync(
        Stream compressed, NpmTarballLimits? limits = null, CancellationToken cancellation = default)
    {
        var walk = new NpmTarballWalk(limits ?? NpmTarballLimits.Default, strict: false);
        try
        {
            await walk.RunAsync(compressed, cancellation);
        }
        catch (Refusal)
        {
            return walk.TryContent();
        }

        return walk.TryContent();
    }
}

/// <summary>What a tarball says of its package.</summary>
/// <param name="PackageJson">The bytes of package.json, UTF-8 without a byte order mark; a JSON object.</param>
/// <param name="Readme">The readme's text, invalid UTF-8 replaced; null where there is none.</param>
/// <param name="ReadmeFile">The readme's file name.</param>
/// <param name="FileCount">Files in the archive.</param>
/// <param name="UnpackedSize">Bytes of all files.</param>
/// <param name="HasInstallScript">Whether installing runs something: a preinstall, install or postinstall script, or a binding.gyp.</param>
/// <param name="HasShrinkwrap">Whether the package pins its dependencies with an npm-shrinkwrap.json.</param>
/// <param name="HasGypFile">Whether the top folder has any <c>*.gyp</c>, for which npm adds an install script when it publishes.</param>
public sealed record NpmTarballContent(
    ReadOnlyMemory<byte> PackageJson,
    string? Readme,
    string? ReadmeFile,
    int FileCount,
    long UnpackedSize,
    bool HasInstallScript,
    bool HasShrinkwrap,
    bool HasGypFile);
