namespace Granary.Core.Encryption;

/// <summary>Who holds the keys that wrap domains' data keys. What it refuses because of a key is a <see cref="KeyRefusal"/>.</summary>
public interface IKeyService
{
    /// <summary>The ARN of a symmetric key that can be used now.</summary>
    /// <param name="account">The account that asks.</param>
    /// <param name="named">The id or ARN of a key, or <c>alias/NAME</c> or its ARN.</param>
    /// <exception cref="Refusal">There is none, it is of another kind, or it is disabled; or the service cannot be asked.</exception>
    Task<string> FindAsync(string account, string named, CancellationToken cancellation);

    /// <summary>The ARN of the key for a domain of the account that names none and is encrypted all the same; it may be made for it.</summary>
    Task<string> DefaultAsync(string account, CancellationToken cancellation);

    /// <summary>A new data key of 32 bytes, wrapped by the key and bound to the context.</summary>
    /// <exception cref="Refusal">As of <see cref="FindAsync"/>.</exception>
    Task<byte[]> GenerateAsync(string arn, string context, CancellationToken cancellation);

    /// <summary>The 32 bytes of a data key.</summary>
    /// <exception cref="Refusal">The key is disabled or gone, or is not the one that wrapped it; or the service cannot be asked.</exception>
    Task<byte[]> UnwrapAsync(DomainKey key, CancellationToken cancellation);
}
