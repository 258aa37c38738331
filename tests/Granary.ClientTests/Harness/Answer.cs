using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>
/// A whole HTTP answer, body as on the wire. <see cref="Cut"/> says that the connection broke before the body was complete, which
/// is how the server must end a download that turns out to be bad.
/// </summary>
public sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, byte[] Body, bool Cut)
{
    public string Text => Encoding.UTF8.GetString(Body);

    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public bool IsSuccess => (int)Status is >= 200 and < 300 && !Cut;

    /// <summary>4xx: the server said no in good order.</summary>
    public bool IsRefusal => (int)Status is >= 400 and < 500 && !Cut;

    public Answer Must(HttpStatusCode status)
    {
        Assert.True(Status == status && !Cut, $"Expected {status}, got {this}");
        return this;
    }

    public override string ToString() => $"{(int)Status}{(Cut ? " (cut)" : "")}: {Text[..Math.Min(Text.Length, 500)]}";

    public static async Task<Answer> ReadAsync(HttpClient client, HttpRequestMessage request, CancellationToken cancellation = default)
    {
        using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        using var body = new MemoryStream();
        var cut = false;
        try
        {
            await response.Content.CopyToAsync(body, cancellation);
        }
        catch (HttpRequestException)
        {
            cut = true;
        }
        catch (IOException)
        {
            cut = true;
        }

        return new Answer(response.StatusCode, response.Headers, response.Content.Headers, body.ToArray(), cut);
    }
}
