using System.Collections.Frozen;
using Granary.Core;
using Granary.Formats;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Amazon EventBridge, API version 2015-10-07, over AWS JSON 1.1.</summary>
internal static class EventBridgeService
{
    private const string SigningName = "events";
    private const string TargetPrefix = "AWSEvents.";

    public static IReadOnlyList<EventAction> Actions { get; } =
    [
        .. RuleActions.All,
        .. TargetActions.All,
        .. BusActions.All,
        .. PermissionActions.All,
        .. ConnectionActions.All,
        .. ApiDestinationActions.All,
        .. ArchiveActions.All,
        .. ReplayActions.All,
        .. EventTagActions.All,
        .. PutEventsAction.All,
    ];

    public static AwsService Service { get; } = new(SigningName, RunAsync, new Dialect(AwsJson.RefuseAsync));

    private static readonly FrozenDictionary<string, EventAction> ByName = Actions.ToFrozenDictionary(action => action.Name, StringComparer.Ordinal);

    private static async Task RunAsync(HttpContext context, Caller? caller, ReadOnlyMemory<byte> body)
    {
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        if (!target.StartsWith(TargetPrefix, StringComparison.Ordinal) || !ByName.TryGetValue(target[TargetPrefix.Length..], out var action))
        {
            throw Refusal.Named(RefusalKind.Validation, "UnknownOperationException", "This version of Granary has no operation of that name in EventBridge.");
        }

        if (RequestTrail.Of(context) is { } record)
        {
            record.Call($"{SigningName}.amazonaws.com", action.Name);
            record.Parameters = action.HidesParameters ? default : RecordedParameters.Of(body);
        }

        var call = new EventCall(context, $"{SigningName}:{action.Name}", caller!.Principal, BodyArguments.Parse(body));
        var write = await action.RunAsync(call);
        if (!call.Authorised)
        {
            throw new InvalidOperationException($"{call.Action} has not asked the evaluator.");
        }

        await AwsJson.AnswerAsync(context, write);
    }
}
