using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using Granary.Core.Upstreams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Granary.Tests.Upstreams;

/// <summary>What the source answers: a status, a body and headers.</summary>
internal sealed record Answer(int Status, byte[] Body, params (string Name, string Value)[] Headers)
{
    public static Answer Text(string text, params (string Name, string Value)[] headers) => new(200, Encoding.Latin1.GetBytes(text), headers);

    public static Answer Code(int status, params (string Name, string Value)[] headers) => new(status, [], headers);

    public static Answer Gzip(byte[] plain, string coding = "gzip")
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
        {
            gzip.Write(plain);
        }

        return new(200, output.ToArray(), ("Content-Encoding", coding));
    }
}

/// <summary>A public source on a free port of this machine. It answers as told, 404 to what it was told nothing about, and counts.</summary>
internal sealed class ListingSource : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Func<HttpRequest, Task<Answer>>> answers = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> asked = new();
    private readonly WebApplication app;
    private readonly string connection;

    private ListingSource(WebApplication app, string connection) => (this.app, this.connection) = (app, connection);

    public Source Source => new(connection, new Uri(app.Urls.Single() + "/"), null);

    /// <summary>What it answers to everything, as long as this is set.</summary>
    public Answer? Always { get; set; }

    public static async Task<ListingSource> StartAsync(string connection = "public:fruit")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var source = new ListingSource(app, connection);
        app.Run(source.ServeAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return source;
    }

    public void Says(string path, Answer answer) => Does(path, _ => Task.FromResult(answer));

    /// <summary>Answers 404 to everything again.</summary>
    public void Forget() => answers.Clear();

    public void Does(string path, Func<HttpRequest, Task<Answer>> answer) => answers[path] = answer;

    /// <summary>Lists the package under an ETag, and answers 304 to whoever has it.</summary>
    public void Lists(string package, string text = "1.0", string etag = "\"1\"") => Does(package, request => Task.FromResult(
        request.Headers.IfNoneMatch == etag ? Answer.Code(304, ("ETag", etag)) : Answer.Text($"{package}\n{text}", ("ETag", etag))));

    /// <summary>How often the path was asked for.</summary>
    public int Count(string path) => asked.Count(p => p == path);

    /// <summary>The paths that were asked for since this was called before.</summary>
    public IReadOnlyList<string> TakeAsked()
    {
        var taken = new List<string>();
        while (asked.TryDequeue(out var path))
        {
            taken.Add(path);
        }

        return taken;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private async Task ServeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value![1..];
        asked.Enqueue(path);
        var answer = Always ?? (answers.TryGetValue(path, out var told) ? await told(context.Request) : Answer.Code(404));
        context.Response.StatusCode = answer.Status;
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers.Append(name, value);
        }

        await context.Response.Body.WriteAsync(answer.Body);
    }
}
