using System.Globalization;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Trail;
using Granary.Formats;
using Granary.Server.ControlPlane;
using Granary.Server.Hosting;

namespace Granary.Server.Aws.CloudTrail;

/// <summary>CloudTrail, version 2013-11-01, as far as it answers who did what here: LookupEvents, over AWS JSON 1.1.</summary>
internal static class CloudTrailService
{
    private const string SigningName = "cloudtrail";
    private const string Operation = "LookupEvents";
    private const int MostResults = 50;
    private const int LongestValue = 2000;

    private static readonly string[] Attributes =
        ["EventId", "EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId"];

    private static readonly TextShape AttributeKey = TextShape.OneOf(Attributes);
    private static readonly TextShape AttributeValue = TextShape.Of(1, LongestValue, @".+", _ => true);

    public static AwsService Service { get; } = new(SigningName, RunAsync, new Dialect(AwsJson.RefuseAsync));

    private static async Task RunAsync(HttpContext context, Caller? caller, ReadOnlyMemory<byte> body)
    {
        var principal = caller!.Principal;
        var target = context.Request.Headers["X-Amz-Target"].ToString();
        if (!target.EndsWith($".{Operation}", StringComparison.Ordinal))
        {
            throw Refusal.Named(RefusalKind.Validation, "UnknownOperationException", $"This version of Granary answers {Operation} of CloudTrail and nothing else.");
        }

        if (RequestTrail.Of(context) is { } record)
        {
            record.Call($"{SigningName}.amazonaws.com", Operation);
            record.Parameters = RecordedParameters.Of(body);
        }

        var arguments = BodyArguments.Parse(body);
        var query = Read(principal, arguments);
        var size = Size(arguments);
        var services = context.RequestServices;
        await services.GetRequiredService<Evaluator>().DemandAsync(
            principal, $"{SigningName}:{Operation}", new AccessTarget(ResourceArns.Any, principal.AccountId), context.Facts());

        var tokens = services.GetRequiredService<PageTokens>();
        var binding = Bind(query);
        var after = Open(tokens, binding, arguments.Optional("NextToken", TextShape.Any));
        if (after is null)
        {
            // So that whoever asks sees what they did a moment ago. Later pages go back in time.
            await services.GetRequiredService<TrailQueue>().FlushAsync(context.RequestAborted);
        }

        var page = await services.GetRequiredService<TrailLookup>().FindAsync(query, size, after, context.RequestAborted);
        await CloudTrailJson.WriteAsync(context, page, page.Next is null ? null : tokens.Seal(binding, page.Next));
    }

    private static TrailQuery Read(Principal principal, BodyArguments arguments)
    {
        if (arguments.Optional("EventCategory", TextShape.Any) is not null)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidEventCategoryException", "There are no Insights events here. Leave EventCategory out.");
        }

        var from = Moment(arguments, "StartTime") ?? DateTimeOffset.UnixEpoch;
        var to = Moment(arguments, "EndTime") ?? DateTimeOffset.MaxValue;
        if (from > to)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidTimeRangeException", "StartTime is after EndTime.");
        }

        try
        {
            var attributes = arguments.Objects("LookupAttributes", 1) ?? [];
            var (key, value) = attributes is [var one]
                ? (one.Required("AttributeKey", AttributeKey), one.Required("AttributeValue", AttributeValue)) : (null, "");
            return key == "ReadOnly" && value is not ("true" or "false")
                ? throw Refusal.Validation("The value of the attribute ReadOnly is true or false.")
                : new TrailQuery(principal.AccountId, key, value, from, to);
        }
        catch (Refusal refusal)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidLookupAttributesException", refusal.Message);
        }
    }

    private static DateTimeOffset? Moment(BodyArguments arguments, string name) => arguments.Seconds(name) is not { } seconds
        ? null
        : seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : throw Refusal.Named(RefusalKind.Validation, "InvalidTimeRangeException", $"{name} is no time between 1970 and 9999.");

    private static int Size(BodyArguments arguments)
    {
        try
        {
            return arguments.Integer("MaxResults", 1, MostResults) ?? MostResults;
        }
        catch (Refusal refusal)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidMaxResultsException", refusal.Message);
        }
    }

    private static byte[] Bind(TrailQuery query) => PageTokens.Bind(Operation, query.Account,
    [
        new("attribute", query.Attribute ?? ""),
        new("value", query.Value),
        new("from", query.From.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
        new("to", query.To.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)),
    ]);

    private static IReadOnlyList<string>? Open(PageTokens tokens, byte[] binding, string? token)
    {
        try
        {
            return token is null ? null : tokens.Open(binding, token);
        }
        catch (Refusal refusal)
        {
            throw Refusal.Named(RefusalKind.Validation, "InvalidNextTokenException", refusal.Message);
        }
    }
}
