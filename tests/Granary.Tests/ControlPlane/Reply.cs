using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Granary.Tests.ControlPlane;

/// <summary>What the control plane answered.</summary>
internal sealed record Reply(int Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, byte[] Bytes)
{
    public JsonObject Body => JsonNode.Parse(Bytes)!.AsObject();

    public string? Error => Headers.TryGetValues("x-amzn-ErrorType", out var values) ? values.Single() : null;

    public string Message => Text("message");

    public string Header(string name) => Headers.GetValues(name).Single();

    public string Text(params string[] path) => (string)At(path)!;

    public JsonNode? At(params string[] path) => path.Aggregate((JsonNode?)Body, (node, name) => node?[name]);

    public string[] Each(string list, string member) => [.. Body[list]!.AsArray().Select(item => (string)item![member]!)];

    /// <summary>The body, where the answer is 200.</summary>
    public Reply Ok()
    {
        Assert.True(Status == 200, $"{Status} {Error}: {System.Text.Encoding.UTF8.GetString(Bytes)}");
        return this;
    }

    public Reply Is(int status, string error)
    {
        Assert.True((Status, Error) == (status, error), $"{Status} {Error}: {System.Text.Encoding.UTF8.GetString(Bytes)}");
        Assert.Equal(error, Text("__type"));
        Assert.NotEmpty(Message);
        Assert.True(Guid.TryParse(Header("x-amzn-RequestId"), out _));
        return this;
    }

    public Reply IsInvalid(string reason = "FIELD_VALIDATION_FAILED")
    {
        Is(400, "ValidationException");
        Assert.Equal(reason, Text("reason"));
        return this;
    }

    public Reply IsAbout(string type, string id)
    {
        Assert.Equal((type, id), (Text("resourceType"), Text("resourceId")));
        return this;
    }
}
