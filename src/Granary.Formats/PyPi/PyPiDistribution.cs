using System.Security.Cryptography;
using Granary.Core;

namespace Granary.Formats.PyPi;

/// <summary>A wheel or an sdist whose name and metadata agree.</summary>
/// <param name="MetadataSha256">Of a wheel's METADATA, in lower-case hexadecimal; null for an sdist, whose PKG-INFO may say less than a build would.</param>
internal sealed record PyPiDistribution(PyPiFileName File, PyPiMetadata Metadata, string? MetadataSha256)
{
    /// <param name="archive">Must seek.</param>
    /// <exception cref="Refusal">As of <see cref="PyPiWheel"/>, <see cref="PyPiSdist"/> and <see cref="PyPiMetadata.Read"/>.</exception>
    public static async Task<PyPiDistribution> InspectAsync(PyPiFileName file, Stream archive, PyPiLimits limits, CancellationToken cancellation)
    {
        var bytes = file.IsWheel
            ? await new PyPiWheel(limits).ReadAsync(file, archive, cancellation)
            : await new PyPiSdist(limits).ReadAsync(file, archive, cancellation);
        var metadata = PyPiMetadata.Read(bytes);
        return file.Agrees(metadata.Name, metadata.Version)
            ? new PyPiDistribution(file, metadata, file.IsWheel ? Convert.ToHexStringLower(SHA256.HashData(bytes)) : null)
            : throw Refusal.Validation($"The metadata in {file.File} is of {metadata.Name} {metadata.Version}: a distribution must not be renamed.");
    }
}
