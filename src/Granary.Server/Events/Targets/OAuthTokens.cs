using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Granary.Core.Events.Delivery;

namespace Granary.Server.Events.Targets;

/// <summary>A token, or why there is none.</summary>
internal sealed record TokenAnswer(string? Token, SendOutcome? Failure);

/// <summary>
/// Tokens of connections by OAuth's client credentials (RFC 6749, 4.4): asked for once by whoever needs one first, kept until shortly before they end, and
/// given up when a target does not take them.
/// </summary>
internal sealed class OAuthTokens(EventHttp http, TimeProvider clock) : IDisposable
{
    private const int MostKept = 1024;

    // Asked for again so long before the end that a request still arrives with a good one.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    // RFC 6749 leaves open how long a token is good where the answer does not say.
    private static readonly TimeSpan Unsaid = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<string, Kept> tokens = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> turns = new(StringComparer.Ordinal);

    /// <param name="connection">The connection's id.</param>
    /// <param name="oauth">How it gets its tokens; a token of what it was before is not used.</param>
    /// <param name="cancellation">Of the worker.</param>
    public async Task<TokenAnswer> GetAsync(string connection, WebOAuth oauth, CancellationToken cancellation)
    {
        if (Known(connection, oauth) is { } known)
        {
            return new TokenAnswer(known, null);
        }

        var turn = turns.GetOrAdd(connection, _ => new SemaphoreSlim(1));
        await turn.WaitAsync(cancellation);
        try
        {
            return Known(connection, oauth) is { } other ? new TokenAnswer(other, null) : await AskAsync(connection, oauth, cancellation);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>The token was not taken.</summary>
    public void Forget(string connection, string token)
    {
        if (tokens.TryGetValue(connection, out var kept) && kept.Token == token)
        {
            tokens.TryRemove(KeyValuePair.Create(connection, kept));
        }
    }

    public void Dispose()
    {
        foreach (var turn in turns.Values)
        {
            turn.Dispose();
        }
    }

    private string? Known(string connection, WebOAuth oauth) =>
        tokens.TryGetValue(connection, out var kept) && kept.Client == oauth.Client && kept.Endpoint == oauth.Endpoint && kept.Ends - Margin > clock.GetUtcNow() ? kept.Token : null;

    private async Task<TokenAnswer> AskAsync(string connection, WebOAuth oauth, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(oauth.Endpoint, UriKind.Absolute, out var endpoint) || endpoint.Scheme is not ("https" or "http") || !http.MayAsk(endpoint))
        {
            return new TokenAnswer(null, SendOutcome.Rejected(SendCodes.InvalidParameter, "The authorization endpoint of the connection is no address that may be asked."));
        }

        string? token = null;
        using var request = Request(endpoint, oauth);
        var outcome = await EventHttp.SendAsync(http.Web, request, async (response, limit) =>
        {
            if (!response.IsSuccessStatusCode)
            {
                var reason = $"{endpoint.Host} answered {(int)response.StatusCode} to the request for a token.";
                return WebAnswers.IsRetried(response.StatusCode) ? SendOutcome.Retry(SendCodes.NoPermissions, reason) : SendOutcome.Rejected(SendCodes.NoPermissions, reason);
            }

            token = Keep(connection, oauth, await EventHttp.ReadAsync(response, limit));
            return token is null ? SendOutcome.Retry(SendCodes.NoPermissions, $"{endpoint.Host} answered the request for a token without one.") : SendOutcome.Delivered;
        }, cancellation);
        return new TokenAnswer(token, token is null ? outcome : null);
    }

    private string? Keep(string connection, WebOAuth oauth, byte[] answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("access_token", out var token) || token.ValueKind is not JsonValueKind.String
                || token.GetString() is not { Length: > 0 } text || !text.All(c => c is > ' ' and < '\x7f'))
            {
                return null;
            }

            var life = root.TryGetProperty("expires_in", out var seconds) && seconds.ValueKind is JsonValueKind.Number && seconds.TryGetInt32(out var count) && count >= 0
                ? TimeSpan.FromSeconds(count)
                : Unsaid;
            if (tokens.Count >= MostKept)
            {
                tokens.Clear();
            }

            tokens[connection] = new Kept(oauth.Client, oauth.Endpoint, text, clock.GetUtcNow() + life);
            return text;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    // In the body as most servers take it; GET has none, and no secret belongs into an address, so that it takes the other way that RFC 6749 allows.
    private static HttpRequestMessage Request(Uri endpoint, WebOAuth oauth)
    {
        var method = HttpMethod.Parse(oauth.Method);
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials" };
        HttpRequestMessage request;
        if (method == HttpMethod.Get)
        {
            request = new HttpRequestMessage(method, WebRequests.WithQuery(endpoint, oauth.Added.Query.Concat(form)));
            request.Headers.Authorization = Basic(oauth.Client);
        }
        else
        {
            (form["client_id"], form["client_secret"]) = (oauth.Client.Name, oauth.Client.Secret);
            foreach (var (name, value) in oauth.Added.Body)
            {
                form[name] = value;
            }

            request = new HttpRequestMessage(method, WebRequests.WithQuery(endpoint, oauth.Added.Query)) { Content = new FormUrlEncodedContent(form) };
        }

        request.Headers.UserAgent.ParseAdd("Granary/0.1");
        request.Headers.Accept.ParseAdd("application/json");
        foreach (var (name, value) in oauth.Added.Headers)
        {
            WebRequests.AddHeader(request, name, value);
        }

        return request;
    }

    internal static AuthenticationHeaderValue Basic(WebCredential credential) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Name}:{credential.Secret}")));

    private sealed record Kept(WebCredential Client, string Endpoint, string Token, DateTimeOffset Ends);
}
