namespace Granary.Core.Encryption;

/// <summary>
/// The data key of a domain whose bytes lie encrypted, as it is kept: wrapped by a key that others hold. A domain without one is not
/// encrypted; that is decided when it is created and stays. It outlives the domain's row, whose bytes are collected later.
/// </summary>
public sealed class DomainKey
{
    public required long DomainId { get; init; }

    /// <summary>The ARN of the key that wraps it.</summary>
    public required string KeyArn { get; init; }

    /// <summary>The ARN of the domain when it was created. It is bound into <see cref="Wrapped"/>, and shown by the key service's own log.</summary>
    public required string Context { get; init; }

    public required byte[] Wrapped { get; init; }
}
