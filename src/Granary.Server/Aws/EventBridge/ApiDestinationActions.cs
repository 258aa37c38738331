using System.Text.Json;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>API destinations.</summary>
internal static class ApiDestinationActions
{
    // AWS's default.
    private const int UsualRate = 300;

    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("CreateApiDestination", CreateAsync),
        new("UpdateApiDestination", UpdateAsync),
        new("DescribeApiDestination", DescribeAsync),
        new("ListApiDestinations", ListAsync),
        new("DeleteApiDestination", DeleteAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> CreateAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var name = arguments.Required("Name", EventShapes.DestinationName);
        var content = new DestinationContent(
            arguments.Optional("Description", EventShapes.Description),
            Connection(call) ?? throw Fault.Missing("ConnectionArn"),
            Endpoint(arguments) ?? throw Fault.Missing("InvocationEndpoint"),
            arguments.Required("HttpMethod", EventShapes.HttpMethod),
            Rate(arguments) ?? UsualRate);
        await AuthoriseAsync(call, name);
        var made = await call.Service<ApiDestinationStore>().CreateAsync(call.AccountId, name, content, call.Actor, call.Cancellation);
        return json => WriteState(json, made, call.Arns);
    }

    private static async Task<Action<Utf8JsonWriter>> UpdateAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var name = arguments.Required("Name", EventShapes.DestinationName);
        var (description, connection, endpoint) = (arguments.Optional("Description", EventShapes.Description), Connection(call), Endpoint(arguments));
        var (method, rate) = (arguments.Optional("HttpMethod", EventShapes.HttpMethod), Rate(arguments));
        await AuthoriseAsync(call, name);
        var changed = await call.Service<ApiDestinationStore>().UpdateAsync(
            call.AccountId,
            name,
            old => new DestinationContent(
                description ?? old.Description, connection ?? old.Connection, endpoint ?? old.InvocationEndpoint, method ?? old.HttpMethod, rate ?? old.InvocationRateLimitPerSecond),
            call.Actor,
            call.Cancellation);
        return json => WriteState(json, changed, call.Arns);
    }

    private static async Task<Action<Utf8JsonWriter>> DescribeAsync(EventCall call)
    {
        var name = call.Arguments.Required("Name", EventShapes.DestinationName);
        var found = await AuthoriseAsync(call, name) ?? throw EventRefusals.None("An api-destination", name);
        return json =>
        {
            Write(json, found, call.Arns);
            json.WriteOptional("Description", found.Destination.Description);
        };
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var prefix = call.Arguments.Optional("NamePrefix", EventShapes.DestinationName) ?? "";
        var connection = Connection(call);
        var page = call.Page(prefix, connection?.Id);
        await call.AuthoriseAsync(ResourceArns.Any);
        var destinations = await call.Service<ApiDestinationStore>().ListAsync(
            call.AccountId, prefix, connection?.Id, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(
            page, "ApiDestinations", destinations, d => d.Destination.Name, (json, destination) => json.WriteObject(_ => Write(json, destination, call.Arns)));
    }

    private static async Task<Action<Utf8JsonWriter>> DeleteAsync(EventCall call)
    {
        var name = call.Arguments.Required("Name", EventShapes.DestinationName);
        await AuthoriseAsync(call, name);
        await call.Service<ApiDestinationStore>().DeleteAsync(call.AccountId, name, call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    private static async Task<ConnectedDestination?> AuthoriseAsync(EventCall call, string name)
    {
        var found = await call.Service<ApiDestinationStore>().FindAsync(call.AccountId, name, call.Cancellation);
        await call.AuthoriseNamedAsync(
            call.Arns.ApiDestination(call.AccountId, name), found is null ? null : call.Arns.ApiDestination(call.AccountId, name, found.Destination.Id));
        return found;
    }

    /// <summary>The name and id in <c>ConnectionArn</c>; null where it is absent.</summary>
    /// <exception cref="Refusal">Validation: it is no such ARN. ResourceNotFound: it is another account's.</exception>
    private static (string Name, string Id)? Connection(EventCall call)
    {
        if (call.Arguments.Optional("ConnectionArn", EventShapes.Arn) is not { } arn)
        {
            return null;
        }

        if (call.Arns.ResourceOf(arn, "connection/") is not var (account, resource) || resource.Split('/') is not [var name, var id])
        {
            throw EventRefusals.Invalid($"Parameter ConnectionArn is not valid. Reason: {arn} is no connection of this server, whose region is {call.Arns.Region}.");
        }

        return account == call.AccountId ? (name, id) : throw EventRefusals.None("Connection", arn);
    }

    private static string? Endpoint(BodyArguments arguments) =>
        arguments.Optional("InvocationEndpoint", EventShapes.Endpoint) is { } endpoint ? WebEndpoints.Checked("InvocationEndpoint", endpoint) : null;

    private static int? Rate(BodyArguments arguments) => arguments.Integer("InvocationRateLimitPerSecond", 1, int.MaxValue);

    private static void WriteState(Utf8JsonWriter json, ConnectedDestination found, EventArns arns)
    {
        var destination = found.Destination;
        json.WriteString("ApiDestinationArn"u8, arns.ApiDestination(destination.AccountId, destination.Name, destination.Id));
        json.WriteString("ApiDestinationState"u8, found.IsActive ? "ACTIVE"u8 : "INACTIVE"u8);
        json.WriteMoment("CreationTime", destination.CreatedAt);
        json.WriteMoment("LastModifiedTime", destination.ModifiedAt);
    }

    private static void Write(Utf8JsonWriter json, ConnectedDestination found, EventArns arns)
    {
        var destination = found.Destination;
        WriteState(json, found, arns);
        json.WriteString("Name"u8, destination.Name);
        json.WriteString("ConnectionArn"u8, arns.Connection(destination.AccountId, destination.Connection, destination.ConnectionId));
        json.WriteString("InvocationEndpoint"u8, destination.InvocationEndpoint);
        json.WriteString("HttpMethod"u8, destination.HttpMethod);
        json.WriteNumber("InvocationRateLimitPerSecond"u8, destination.InvocationRateLimitPerSecond);
    }
}
