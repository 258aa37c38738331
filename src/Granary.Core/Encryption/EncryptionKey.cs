namespace Granary.Core.Encryption;

/// <summary>A key of an account that this server keeps itself, for domains that are to be encrypted.</summary>
public sealed class EncryptionKey
{
    public required string AccountId { get; init; }

    /// <summary>A UUID; the last part of <see cref="Arn"/>.</summary>
    public required string Id { get; init; }

    public required string Arn { get; init; }

    /// <summary>The name without <c>alias/</c>; null where it has none. At most one key of an account has it.</summary>
    public string? Alias { get; init; }

    public required bool IsEnabled { get; set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The 32 bytes of the key, sealed under the master key outside the database.</summary>
    public required byte[] SealedKey { get; set; }
}
