using System.Text.Json;
using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Connections. They are authorised from the moment on when they are made: a token of OAuth is asked for when something is sent.</summary>
internal static class ConnectionActions
{
    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("CreateConnection", CreateAsync),
        new("UpdateConnection", UpdateAsync),
        new("DescribeConnection", DescribeAsync),
        new("ListConnections", ListAsync),
        new("DeauthorizeConnection", DeauthorizeAsync),
        new("DeleteConnection", DeleteAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> CreateAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var name = arguments.Required("Name", EventShapes.ConnectionName);
        var description = arguments.Optional("Description", EventShapes.Description);
        var type = arguments.Required("AuthorizationType", EventShapes.AuthorizationType);
        var given = arguments.Object("AuthParameters") ?? throw Fault.Missing("AuthParameters");
        DemandReachable(arguments);
        var parameters = ConnectionArguments.Read(type, given, old: null);
        await AuthoriseAsync(call, name);
        var seal = call.Service<ConnectionSeal>();
        var connection = await call.Service<ConnectionStore>().CreateAsync(
            call.AccountId, name, description, type, id => seal.Seal(parameters, id), call.Actor, call.Cancellation);
        return json => ConnectionAnswer.WriteNew(json, connection, call.Arns);
    }

    private static async Task<Action<Utf8JsonWriter>> UpdateAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var name = arguments.Required("Name", EventShapes.ConnectionName);
        var description = arguments.Optional("Description", EventShapes.Description);
        var type = arguments.Optional("AuthorizationType", EventShapes.AuthorizationType);
        var given = arguments.Object("AuthParameters");
        DemandReachable(arguments);
        await AuthoriseAsync(call, name);
        var seal = call.Service<ConnectionSeal>();
        var connection = await call.Service<ConnectionStore>().UpdateAsync(
            call.AccountId,
            name,
            row =>
            {
                row.Description = description ?? row.Description;
                if (given is null && (type is null || type == row.AuthorizationType))
                {
                    return;
                }

                var old = type is null || type == row.AuthorizationType ? seal.Open(row) : null;
                row.AuthorizationType = type ?? row.AuthorizationType;
                row.SealedParameters = seal.Seal(ConnectionArguments.Read(row.AuthorizationType, given, old), row.Id);
            },
            call.Actor,
            call.Cancellation);
        return json => ConnectionAnswer.Write(json, connection, call.Arns);
    }

    private static async Task<Action<Utf8JsonWriter>> DescribeAsync(EventCall call)
    {
        var name = call.Arguments.Required("Name", EventShapes.ConnectionName);
        var connection = await AuthoriseAsync(call, name) ?? throw EventRefusals.None("Connection", name);
        var parameters = call.Service<ConnectionSeal>().Open(connection);
        return json =>
        {
            ConnectionAnswer.Write(json, connection, call.Arns);
            json.WriteString("Name"u8, connection.Name);
            json.WriteOptional("Description", connection.Description);
            json.WriteString("AuthorizationType"u8, connection.AuthorizationType);
            if (parameters is not null)
            {
                ConnectionAnswer.WriteParameters(json, parameters);
            }
        };
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var prefix = call.Arguments.Optional("NamePrefix", EventShapes.ConnectionName) ?? "";
        var state = call.Arguments.Optional("ConnectionState", EventShapes.ConnectionState);
        var page = call.Page(prefix, state);
        await call.AuthoriseAsync(ResourceArns.Any);
        var connections = await call.Service<ConnectionStore>().ListAsync(call.AccountId, prefix, state, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(page, "Connections", connections, c => c.Name, (json, connection) => json.WriteObject(_ =>
        {
            ConnectionAnswer.Write(json, connection, call.Arns);
            json.WriteString("Name"u8, connection.Name);
            json.WriteString("AuthorizationType"u8, connection.AuthorizationType);
        }));
    }

    private static async Task<Action<Utf8JsonWriter>> DeauthorizeAsync(EventCall call)
    {
        var name = call.Arguments.Required("Name", EventShapes.ConnectionName);
        await AuthoriseAsync(call, name);
        var connection = await call.Service<ConnectionStore>().UpdateAsync(call.AccountId, name, row => row.SealedParameters = null, call.Actor, call.Cancellation);
        return json => ConnectionAnswer.Write(json, connection, call.Arns);
    }

    private static async Task<Action<Utf8JsonWriter>> DeleteAsync(EventCall call)
    {
        var name = call.Arguments.Required("Name", EventShapes.ConnectionName);
        await AuthoriseAsync(call, name);
        var connection = await call.Service<ConnectionStore>().DeleteAsync(call.AccountId, name, call.Actor, call.Cancellation);
        return json => ConnectionAnswer.Write(json, connection, call.Arns);
    }

    private static async Task<EventConnection?> AuthoriseAsync(EventCall call, string name)
    {
        var found = await call.Service<ConnectionStore>().FindAsync(call.AccountId, name, call.Cancellation);
        await call.AuthoriseNamedAsync(call.Arns.Connection(call.AccountId, name), found is null ? null : call.Arns.Connection(call.AccountId, name, found.Id));
        return found;
    }

    private static void DemandReachable(BodyArguments arguments)
    {
        KmsKeys.DemandNone(arguments);
        if (arguments.Raw("InvocationConnectivityParameters") is not null)
        {
            throw EventRefusals.Invalid("Granary sends nothing through VPC Lattice. Leave InvocationConnectivityParameters out.");
        }
    }
}
