using Granary.Core.Packages;

namespace Granary.Core.Usage;

/// <summary>Whose a request is, for the rollups.</summary>
/// <param name="Account">The domain's owner; of a request about no domain, the caller's account.</param>
/// <param name="Domain">Empty for none.</param>
/// <param name="Repository">Empty for none.</param>
/// <param name="Format">Empty on the control plane.</param>
/// <param name="Principal">The ARN of the user or role; empty for whoever was not let in.</param>
public readonly record struct UsageKey(string Account, string Domain, string Repository, string Format, string Principal)
{
    // Made for every request: of what nearly always tells two keys apart.
    public override int GetHashCode() => HashCode.Combine(Domain, Repository, Principal);
}

/// <summary>What one request was and came to.</summary>
public readonly record struct RequestUse
{
    public required RequestPlane Plane { get; init; }

    /// <summary>The status of HTTP.</summary>
    public required int Status { get; init; }

    public required TimeSpan Elapsed { get; init; }

    public required long BytesIn { get; init; }

    public required long BytesOut { get; init; }

    public long DomainId { get; init; }

    /// <summary>The package that the request is about, or null.</summary>
    public PackageCoordinate? Package { get; init; }

    /// <summary>Of a download: the version; else null.</summary>
    public string? Version { get; init; }

    /// <summary>Of a download: the asset; else null.</summary>
    public string? Asset { get; init; }

    /// <summary>Bytes that a public source would have been asked for, were they not kept here.</summary>
    public long BytesSaved { get; init; }
}

public enum RequestPlane
{
    /// <summary>A call of AWS's clients, or of Granary's own API.</summary>
    Control,

    /// <summary>A package manager that reads.</summary>
    Read,

    /// <summary>A package manager that changes something.</summary>
    Write,
}

/// <summary>An asset that is being sent.</summary>
/// <param name="Size">Bytes of the whole; 0 while a source has not said.</param>
/// <param name="IsSaved">It came from a public source once, and is now sent without asking it.</param>
public readonly record struct ServedAsset(PackageCoordinate Package, string Version, string Name, long Size, bool IsSaved);

/// <summary>What operators say of the counting.</summary>
/// <param name="IsEnabled">Whether requests are counted in the database.</param>
public sealed record UsageOptions(bool IsEnabled = true);
