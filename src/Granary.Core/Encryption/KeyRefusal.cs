namespace Granary.Core.Encryption;

/// <summary>What is said where a key cannot be used: the client did not cause it and cannot wait for it to pass, its operator has to enable the key.</summary>
public static class KeyRefusal
{
    /// <summary>CodeArtifact's reason of the validation error.</summary>
    public const string Reason = "ENCRYPTION_KEY_ERROR";

    /// <param name="message">Which key, why, and what to do; never what is in it.</param>
    public static Refusal Of(string message) => Refusal.Validation(message, Reason);

    public static Refusal NotFound(string named) =>
        Of($"The encryption key '{named}' does not exist, or this account may not use it. Name the id, ARN or alias of a symmetric key.");

    public static Refusal Disabled(string arn) => Of($"The encryption key {arn} is disabled. Ask its owner to enable it, and send the request again.");

    public static bool Is(Refusal refusal) => refusal.Reason == Reason;
}
