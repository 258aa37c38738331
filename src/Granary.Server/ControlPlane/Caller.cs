using Granary.Core.Access;
using Granary.Server.Authentication;

namespace Granary.Server.ControlPlane;

/// <summary>Who signed a request, and the body that the signature covers.</summary>
public sealed record Caller(Principal Principal, ReadOnlyMemory<byte> Body);

/// <summary>Establishes who calls the control plane.</summary>
public sealed class Callers(SigV4 sigV4, AccessKeys keys)
{
    /// <summary>CodeArtifact's signing name.</summary>
    public const string Service = "codeartifact";

    /// <summary>Reads the whole body, at most 1 MiB, and verifies the signature over it.</summary>
    /// <exception cref="Core.Refusal">Unauthenticated: the request is not signed, or not validly. TooLarge: the body is.</exception>
    public async Task<Caller> AuthenticateAsync(HttpContext context)
    {
        var signed = sigV4.Read(context) ?? throw AuthenticationFailure.Missing();
        if (signed.Service != Service)
        {
            throw AuthenticationFailure.Invalid($"The Credential of the Authorization header must name the service {Service}.");
        }

        var credential = await keys.FindAsync(signed.AccessKeyId);
        if (signed.SessionToken is not null)
        {
            // Every key here is a user's own, and those have no session token.
            throw AuthenticationFailure.UnknownKey();
        }

        var body = await PayloadBody.ReadAsync(context.Request, cancellationToken: context.RequestAborted);
        signed.Verify(credential.Secret, body.Sha256);
        return new Caller(credential.Principal, body.Bytes);
    }
}
