using Granary.Core.Events.Delivery;

namespace Granary.Server.Events.Targets;

/// <summary>Hands an event to a bus of this server, where the ARN names one; null where it does not.</summary>
public delegate Task<SendOutcome?> SendToOwnBus(TargetCall call, CancellationToken cancellation);

/// <summary>The one way to every kind of target. An attempt ends within the time-out, whatever the other side does.</summary>
public sealed class TargetSenders : IDisposable
{
    private readonly TimeSpan timeout;
    private readonly EventHttp http;
    private readonly OAuthTokens tokens;
    private readonly WebSender web;
    private readonly ServiceSender services;
    private readonly SendToOwnBus? ownBus;

    /// <param name="options">How events are sent.</param>
    /// <param name="keys">What requests to API destinations are signed with.</param>
    /// <param name="clock">The server's.</param>
    /// <param name="ownBus">For buses of this server; without it every bus is asked by its API.</param>
    public TargetSenders(EventTargetOptions options, WebhookKeys keys, TimeProvider clock, SendToOwnBus? ownBus = null)
    {
        timeout = options.Timeout;
        http = new EventHttp(options);
        tokens = new OAuthTokens(http, clock);
        web = new WebSender(http, tokens, keys, clock);
        services = new ServiceSender(http, options, new ServiceCredentials(options), clock);
        this.ownBus = ownBus;
    }

    /// <summary>Makes one attempt. Nothing but the end of the worker is thrown.</summary>
    /// <exception cref="OperationCanceledException">The worker was stopped; whether the target has the event is not known.</exception>
    public async Task<SendOutcome> SendAsync(TargetCall call, CancellationToken cancellation)
    {
        if (ArnParts.Parse(call.Arn) is not { } arn)
        {
            return SendOutcome.Rejected(SendCodes.InvalidParameter, $"{call.Arn} is no ARN that events can be sent to.");
        }

        if (arn.Service == "events" && arn.Resource.StartsWith("event-bus/", StringComparison.Ordinal) && ownBus is not null && await ownBus(call, cancellation) is { } outcome)
        {
            return outcome;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(timeout);
        try
        {
            return arn.Service == "events" && arn.Resource.StartsWith("api-destination/", StringComparison.Ordinal)
                ? await web.SendAsync(call, limit.Token)
                : await services.SendAsync(call, arn, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return SendOutcome.Retry(SendCodes.Timeout, $"The target did not answer within {timeout.TotalSeconds:0.###} s.");
        }
    }

    public void Dispose()
    {
        tokens.Dispose();
        http.Dispose();
    }
}
