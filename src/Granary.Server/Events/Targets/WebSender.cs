using System.Net;
using System.Net.Http.Headers;
using Granary.Core.Events.Delivery;

namespace Granary.Server.Events.Targets;

/// <summary>Sends to API destinations.</summary>
internal sealed class WebSender(EventHttp http, OAuthTokens tokens, WebhookKeys keys, TimeProvider clock)
{
    public async Task<SendOutcome> SendAsync(TargetCall call, CancellationToken cancellation)
    {
        if (call.Destination is not { } destination)
        {
            return SendOutcome.Rejected(SendCodes.NoResource, "The API destination does not exist any more.");
        }

        if (destination is not { ConnectionId: { } connection, Authorization: { } authorization })
        {
            return SendOutcome.Rejected(SendCodes.NoPermissions, "The connection of the API destination is deauthorized or does not exist any more.");
        }

        HttpRequestMessage request;
        try
        {
            request = WebRequests.Create(call, destination, keys, clock);
        }
        catch (FormatException failure)
        {
            return SendOutcome.Rejected(SendCodes.InvalidParameter, failure.Message);
        }

        using (request)
        {
            if (!http.MayAsk(request.RequestUri!))
            {
                return SendOutcome.Rejected(SendCodes.ConnectionFailure,
                    $"{request.RequestUri!.Host} is not on the public internet. An operator can allow its network: {EventTargetOptions.Section}:{nameof(EventTargetOptions.AllowedNetworks)}.");
            }

            return authorization.OAuth is { } oauth
                ? await SendWithTokenAsync(request, connection, oauth, cancellation)
                : await SendAsync(request, authorization, cancellation);
        }
    }

    private Task<SendOutcome> SendAsync(HttpRequestMessage request, WebAuthorization authorization, CancellationToken cancellation)
    {
        if (authorization.Basic is { } basic)
        {
            request.Headers.Authorization = OAuthTokens.Basic(basic);
        }

        if (authorization.ApiKey is { } key)
        {
            try
            {
                WebRequests.AddHeader(request, key.Name, key.Secret);
            }
            catch (FormatException)
            {
                return Task.FromResult(SendOutcome.Rejected(SendCodes.InvalidParameter, "The API key of the connection is no header."));
            }
        }

        return EventHttp.SendAsync(http.Web, request, (response, _) => Task.FromResult(WebAnswers.Judge(response, clock)), cancellation);
    }

    private async Task<SendOutcome> SendWithTokenAsync(HttpRequestMessage request, string connection, WebOAuth oauth, CancellationToken cancellation)
    {
        TokenAnswer answer;
        try
        {
            answer = await tokens.GetAsync(connection, oauth, cancellation);
        }
        catch (FormatException failure)
        {
            return SendOutcome.Rejected(SendCodes.InvalidParameter, failure.Message);
        }

        if (answer.Token is not { } token)
        {
            return answer.Failure!;
        }

        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await EventHttp.SendAsync(http.Web, request, (response, _) =>
        {
            if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.ProxyAuthenticationRequired)
            {
                // The next attempt asks for another.
                tokens.Forget(connection, token);
            }

            return Task.FromResult(WebAnswers.Judge(response, clock));
        }, cancellation);
    }
}
