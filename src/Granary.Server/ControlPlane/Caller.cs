using Granary.Core;
using Granary.Core.Access;
using Granary.Server.Authentication;
using Granary.Server.Throttling;

namespace Granary.Server.ControlPlane;

/// <summary>Who signed a request, for which service, and the body that the signature covers.</summary>
public sealed record Caller(Principal Principal, string Service, ReadOnlyMemory<byte> Body);

/// <summary>Establishes who calls the control plane, and AWS's other services.</summary>
public sealed class Callers(SigV4 sigV4, AccessKeys keys, SessionCredentials sessions, AccessKeyUses uses, Evaluator evaluator, Throttle throttle)
{
    /// <summary>CodeArtifact's signing name.</summary>
    public const string Service = "codeartifact";

    /// <summary>Reads the whole body, at most 1 MiB, and verifies the signature over it.</summary>
    /// <param name="context">The request, its body unread.</param>
    /// <param name="streams">
    /// The operation reads the body itself. Where the client has signed a digest of it, nothing is read here and that digest alone is
    /// verified: what comes has to be compared with it before it counts.
    /// </param>
    /// <exception cref="Refusal">Unauthenticated: the request is not signed, or not validly. Throttled: too many such came. TooLarge: the body is.</exception>
    public async Task<Caller> AuthenticateAsync(HttpContext context, bool streams = false)
    {
        try
        {
            return await VerifyAsync(context, streams);
        }
        catch (Refusal refusal) when (refusal.Kind is RefusalKind.Unauthenticated)
        {
            throttle.DemandUnauthenticated(context);
            throw;
        }
    }

    private async Task<Caller> VerifyAsync(HttpContext context, bool streams)
    {
        var signed = sigV4.Read(context) ?? throw AuthenticationFailure.Missing();

        // A user's own key comes without a token, and temporary credentials with theirs: a look-up by id alone finds neither's.
        var credential = signed.SessionToken is { } token ? sessions.Open(signed.AccessKeyId, token) : await keys.FindAsync(signed.AccessKeyId);
        var body = streams && signed.DeclaredPayloadHash is not null ? null : await PayloadBody.ReadAsync(context.Request, cancellationToken: context.RequestAborted);
        signed.Verify(credential.Secret, body?.Sha256 ?? signed.DeclaredPayloadHash!);
        if (credential.Principal.Session is not null && !await evaluator.ExistsAsync(credential.Principal))
        {
            // The role that was assumed is gone; one of the same name that was made since is another one.
            throw AuthenticationFailure.UnknownKey();
        }

        if (credential.Principal.Session is null)
        {
            uses.Note(signed.AccessKeyId, signed.Service, signed.Region);
        }

        return new Caller(credential.Principal, signed.Service, body?.Bytes ?? default);
    }
}
