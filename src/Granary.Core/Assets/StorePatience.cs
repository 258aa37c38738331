namespace Granary.Core.Assets;

/// <summary>How long an object store is waited for before a request is refused.</summary>
public sealed record StorePatience
{
    /// <summary>From a question that has no body to the first byte of its answer.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From the first byte of at most 16 MiB that are sent to the first byte of the answer.</summary>
    public TimeSpan Transfer { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Between two pieces of a body.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>For a question with all its retries.</summary>
    public TimeSpan Asking { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>For storing an asset with all its retries, and one minute more for each 16 MiB of it.</summary>
    public TimeSpan Storing { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Of a question, with the SDK's backoff (doubling, with jitter, at most 20 s) before each.</summary>
    public int Retries { get; init; } = 3;
}
