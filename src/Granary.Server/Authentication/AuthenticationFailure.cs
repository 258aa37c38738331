using Granary.Core;

namespace Granary.Server.Authentication;

/// <summary>
/// The refusals of a request whose caller could not be established, under AWS's common error names. All are HTTP 403 on
/// the control plane, except <see cref="IncompleteCode"/>, which is 400. No message repeats what a credential said.
/// </summary>
public static class AuthenticationFailure
{
    public const string IncompleteCode = "IncompleteSignatureException";
    public const string InvalidCode = "InvalidSignatureException";
    public const string MissingCode = "MissingAuthenticationTokenException";
    public const string UnknownKeyCode = "UnrecognizedClientException";
    public const string ExpiredCode = "ExpiredTokenException";

    /// <summary>The request carries no credential at all.</summary>
    public static Refusal Missing() =>
        Refusal.Unauthenticated("The request is not signed. Configure an access key, so that the client signs with SigV4.", MissingCode);

    /// <summary>The access key does not exist, is inactive, or came without its session token. The three are not told apart.</summary>
    public static Refusal UnknownKey() =>
        Refusal.Unauthenticated("The access key or the security token in the request is invalid. Check the client's credentials.", UnknownKeyCode);

    public static Refusal Expired() =>
        Refusal.Unauthenticated("The security token in the request has expired. Obtain new temporary credentials.", ExpiredCode);

    /// <summary>The signature is not in the form that the header form of SigV4 prescribes, or a limit is passed.</summary>
    public static Refusal Incomplete(string message) => Refusal.Unauthenticated(message, IncompleteCode);

    /// <summary>The signature is well formed and not valid for this request, this server or this moment.</summary>
    public static Refusal Invalid(string message) => Refusal.Unauthenticated(message, InvalidCode);
}
