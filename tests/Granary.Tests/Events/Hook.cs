using System.Collections.Concurrent;
using System.Text.Json;
using Granary.Tests.Events.Targets;

namespace Granary.Tests.Events;

/// <summary>A web hook on loopback that answers with the status of the moment.</summary>
internal sealed class Hook : IAsyncDisposable
{
    private Receiver receiver = null!;

    public Uri Address => receiver.Address;

    /// <summary>Every event that was offered, in the order in which it was.</summary>
    public ConcurrentQueue<JsonElement> Offered { get; } = new();

    /// <summary>Those of them that were answered with 200.</summary>
    public ConcurrentQueue<JsonElement> Taken { get; } = new();

    public static async Task<Hook> StartAsync(Func<int>? status = null)
    {
        var hook = new Hook();
        hook.receiver = await Receiver.StartAsync((context, request) =>
        {
            var told = JsonElement.Parse(request.Body);
            hook.Offered.Enqueue(told);
            context.Response.StatusCode = status?.Invoke() ?? 200;
            if (context.Response.StatusCode == 200)
            {
                hook.Taken.Enqueue(told);
            }

            return Task.CompletedTask;
        });
        return hook;
    }

    public static string Id(JsonElement told) => told.GetProperty("id").GetString()!;

    public static string Package(JsonElement told) => told.GetProperty("detail").GetProperty("packageName").GetString()!;

    public static long Sequence(JsonElement told) => told.GetProperty("detail").GetProperty("sequenceNumber").GetInt64();

    /// <summary>Everything that was published was taken: once, and in the order of each package.</summary>
    public void DemandWhole(int count)
    {
        Assert.Equal(count, Taken.Count);
        Assert.Equal(count, Taken.Select(Id).Distinct().Count());
        foreach (var package in Taken.GroupBy(Package))
        {
            Assert.Equal(package.Select(Sequence).Order(), package.Select(Sequence));
        }
    }

    public ValueTask DisposeAsync() => receiver.DisposeAsync();
}
