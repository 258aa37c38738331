using System.Text.Json;
using System.Text.Json.Serialization;

namespace Granary.Core.Transfer;

/// <summary>What a snapshot of a backup is made of. It is written last: a snapshot without one is none.</summary>
internal sealed record Manifest
{
    public const int CurrentFormat = 1;

    /// <summary>Of the folder. A reader takes its own one only.</summary>
    public required int Format { get; init; }

    /// <summary>The version of Granary that made it.</summary>
    public required string Granary { get; init; }

    public required DateTimeOffset TakenAt { get; init; }

    public required IReadOnlyList<ManifestTable> Tables { get; init; }

    /// <summary>Every file of the snapshot but the manifest and its digest.</summary>
    public required IReadOnlyList<ManifestFile> Files { get; init; }

    public required ManifestBytes Assets { get; init; }

    public required ManifestBytes Documents { get; init; }

    /// <summary>Keys of the assets that rows name and that were missing or damaged when the snapshot was taken; null for none.</summary>
    public IReadOnlyList<string>? Lost { get; init; }
}

/// <param name="Counter">See <see cref="CopiedTable.Counter"/>; 0 where there is none.</param>
/// <param name="Sha256">See <see cref="TableDigest"/>.</param>
internal sealed record ManifestTable(string Name, IReadOnlyList<string> Columns, long Rows, string Sha256, long Counter);

/// <param name="Path">Below the snapshot's folder, with slashes.</param>
internal sealed record ManifestFile(string Path, long Bytes, string Sha256);

internal sealed record ManifestBytes(long Count, long Bytes);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(Manifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
