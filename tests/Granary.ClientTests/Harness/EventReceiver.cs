using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;

namespace Granary.ClientTests.Harness;

/// <summary>A web hook: takes events by POST, and does with each what the test says before it answers.</summary>
public sealed class EventReceiver : IAsyncDisposable
{
    private readonly HttpListener _listener = FreePort.Listen();
    private readonly Task _loop;
    private readonly ConcurrentBag<Task> _answers = [];

    /// <param name="answer">The status that an event is answered with; 200 where it is null.</param>
    public EventReceiver(Func<ReceivedEvent, Task<int>>? answer = null)
    {
        Address = new Uri(_listener.Prefixes.Single());
        _loop = RunAsync(answer ?? (_ => Task.FromResult(200)));
    }

    public Uri Address { get; }

    /// <summary>What was answered with 200, in its order.</summary>
    public ConcurrentQueue<ReceivedEvent> Taken { get; } = new();

    /// <summary>Waits until so many were taken.</summary>
    public Task WaitAsync(int count) => Patience.UntilAsync(() => Taken.Count >= count, TimeSpan.FromMinutes(1));

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _loop;
        await Task.WhenAll(_answers);
        _listener.Close();
    }

    private async Task RunAsync(Func<ReceivedEvent, Task<int>> answer)
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception ended) when (ended is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            _answers.Add(AnswerAsync(context, answer));
        }
    }

    private async Task AnswerAsync(HttpListenerContext context, Func<ReceivedEvent, Task<int>> answer)
    {
        using var reader = new StreamReader(context.Request.InputStream);
        var body = await reader.ReadToEndAsync();
        var headers = context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!, StringComparer.OrdinalIgnoreCase);
        var received = new ReceivedEvent(JsonNode.Parse(body)!.AsObject(), body, headers);
        var status = await answer(received);
        if (status == 200)
        {
            Taken.Enqueue(received);
        }

        try
        {
            context.Response.StatusCode = status;
            context.Response.Close();
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or InvalidOperationException)
        {
            // The sender did not wait, or the test is over.
        }
    }
}

/// <param name="Event">The body, read.</param>
/// <param name="Body">As it came.</param>
public sealed record ReceivedEvent(JsonObject Event, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Detail(string name) => (string)Event["detail"]![name]!;
}
