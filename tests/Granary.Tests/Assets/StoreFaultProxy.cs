using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Granary.Tests.Assets;

/// <summary>Stands between Granary and the object store, hands everything on, and fails where a test says so.</summary>
internal sealed class StoreFaultProxy : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly HttpClient store;
    private readonly List<string> seen = [];

    private StoreFaultProxy(Uri address)
    {
        store = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = address };
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        app = builder.Build();
        app.Run(AnswerAsync);
    }

    public Uri Address => new(app.Services.GetRequiredService<Microsoft.AspNetCore.Hosting.Server.IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

    /// <summary>What becomes of a request; null hands it on.</summary>
    public Func<HttpRequest, StoreFault?> Fault { get; set; } = _ => null;

    public static async Task<StoreFaultProxy> StartAsync(Uri address)
    {
        var proxy = new StoreFaultProxy(address);
        await proxy.app.StartAsync();
        return proxy;
    }

    /// <summary>The address of the proxy with the path of the store's.</summary>
    public static Uri Through(Uri proxy, Uri store) => new(proxy, store.AbsolutePath);

    /// <summary>How many requests of this method have come.</summary>
    public int Count(string method)
    {
        lock (seen)
        {
            return seen.Count(one => one == method);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        store.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        lock (seen)
        {
            seen.Add(context.Request.Method);
        }

        var fault = Fault(context.Request);
        if (fault is { IsDone: false })
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await FailAsync(context, fault);
            return;
        }

        using var answer = await HandOnAsync(context.Request, fault is { IsSentWrong: true });
        if (fault is { Change: null, IsSentWrong: false })
        {
            await FailAsync(context, fault);
            return;
        }

        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers).Where(header => header.Key is not "Transfer-Encoding" and not "Connection"))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        var bytes = await answer.Content.ReadAsByteArrayAsync();
        var sent = fault?.Change?.Invoke(bytes) ?? bytes;
        await context.Response.Body.WriteAsync(sent);
        if (sent.Length < bytes.Length)
        {
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
    }

    private static async Task FailAsync(HttpContext context, StoreFault fault)
    {
        if (fault.Status == 0)
        {
            // Whoever waits gives up.
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return;
        }

        context.Response.StatusCode = fault.Status;
        context.Response.ContentType = "application/xml";
        // Where Azure has it, also in answers without a body.
        context.Response.Headers["x-ms-error-code"] = fault.Code;
        await context.Response.WriteAsync($"""<?xml version="1.0" encoding="UTF-8"?><Error><Code>{fault.Code}</Code><Message>scripted</Message></Error>""");
    }

    private static async Task<ByteArrayContent> WrongAsync(Stream body)
    {
        using var bytes = new MemoryStream();
        await body.CopyToAsync(bytes);
        bytes.GetBuffer()[0] ^= 1;
        return new ByteArrayContent(bytes.ToArray());
    }

    // The signature covers the host that Granary asked.
    private async Task<HttpResponseMessage> HandOnAsync(HttpRequest request, bool isWrong)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var copy = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(store.BaseAddress!, target))
        {
            Content = isWrong ? await WrongAsync(request.Body) : request.ContentLength > 0 ? new StreamContent(request.Body) : new ByteArrayContent([]),
        };
        foreach (var (name, values) in request.Headers.Where(header => header.Key is not "Expect" and not "Connection"))
        {
            if (!copy.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                copy.Content.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return await store.SendAsync(copy, HttpCompletionOption.ResponseHeadersRead);
    }
}

/// <param name="Status">Of the answer; 0 never answers.</param>
/// <param name="Code">The store's name of the error in the body, whatever the status.</param>
/// <param name="IsDone">Whether the store has done what was asked before the answer goes wrong.</param>
/// <param name="Change">Makes the body that is sent of the store's own; a shorter one is broken off.</param>
/// <param name="IsSentWrong">Whether another bit reaches the store than was sent.</param>
internal sealed record StoreFault(int Status, string Code, bool IsDone = false, Func<byte[], byte[]>? Change = null, bool IsSentWrong = false)
{
    public static StoreFault SlowDown { get; } = new(503, "SlowDown");

    public static StoreFault ErrorAfterSuccess { get; } = new(500, "InternalError", IsDone: true);

    public static StoreFault SilenceAfterSuccess { get; } = new(0, "", IsDone: true);

    public static StoreFault Silence { get; } = new(0, "");

    public static StoreFault ErrorWithSuccessStatus { get; } = new(200, "InternalError");

    public static StoreFault CutShort { get; } = new(0, "", IsDone: true, bytes => bytes[..(bytes.Length / 2)]);

    public static StoreFault WrongByte { get; } = new(0, "", IsDone: true, bytes => [.. bytes[..^1], (byte)~bytes[^1]]);

    public static StoreFault SentWrong { get; } = new(0, "", IsDone: true, IsSentWrong: true);
}
