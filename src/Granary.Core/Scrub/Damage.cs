namespace Granary.Core.Scrub;

public enum DamageKind
{
    /// <summary>There is nothing under the asset's key.</summary>
    Missing,

    /// <summary>Its bytes are fewer or more than were published.</summary>
    WrongSize,

    /// <summary>Its bytes are others than were published.</summary>
    WrongBytes,

    /// <summary>The storage fails over it; it may be whole.</summary>
    Unreadable,
}

/// <summary>An asset whose bytes are not what was published, and who names it.</summary>
/// <param name="Uses">At most 100.</param>
/// <param name="IsHealed">The right bytes are in their place again, from where the version came from.</param>
public sealed record Damage(string Domain, string Sha256, DamageKind Kind, IReadOnlyList<DamagedUse> Uses, bool IsHealed)
{
    /// <summary>Where the wrong bytes were put; null where there are none or they could not be copied.</summary>
    public string? QuarantineKey { get; init; }

    public override string ToString() =>
        $"{Domain}: {string.Join(", ", Uses)}: {Kind}{(QuarantineKey is null ? "" : $", kept as {QuarantineKey}")}{(IsHealed ? ", fetched again" : "")} (sha256 {Sha256})";
}

/// <summary>An asset of a version, in one repository.</summary>
/// <param name="Connection">The public source that it came from; null for what was published here.</param>
public sealed record DamagedUse(string Repository, Packages.PackageCoordinate Package, string Version, string Asset, string? Connection)
{
    public override string ToString() => $"{Asset} of {Package} {Version} in {Repository}";
}

/// <summary>What a pass has read and found.</summary>
public sealed class ScrubReport
{
    public long Assets { get; internal set; }

    public long Bytes { get; internal set; }

    public long Damaged { get; internal set; }

    public long Healed { get; internal set; }

    /// <summary>Of <see cref="Assets"/>, those of encrypted domains whose key cannot be used: nothing is known of them.</summary>
    public long Closed { get; internal set; }

    public override string ToString() => string.Create(
        System.Globalization.CultureInfo.InvariantCulture,
        $"read {Assets - Closed:N0} assets ({Bytes:N0} bytes), {Damaged:N0} damaged, {Healed:N0} of them fetched again{(Closed == 0 ? "" : $"; {Closed:N0} could not be decrypted, since the key of their domain cannot be used")}");
}
