using System.Text.Json;
using Granary.Core;
using Granary.Core.Access;
using Granary.Core.Events.Buses;
using Granary.Server.ControlPlane;

namespace Granary.Server.Aws.EventBridge;

/// <summary>Archives.</summary>
internal static class ArchiveActions
{
    public static IReadOnlyList<EventAction> All { get; } =
    [
        new("CreateArchive", CreateAsync),
        new("UpdateArchive", UpdateAsync),
        new("DescribeArchive", DescribeAsync),
        new("ListArchives", ListAsync),
        new("DeleteArchive", DeleteAsync),
    ];

    private static async Task<Action<Utf8JsonWriter>> CreateAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var name = arguments.Required("ArchiveName", EventShapes.ArchiveName);
        var source = arguments.Required("EventSourceArn", EventShapes.Arn);
        var description = arguments.Optional("Description", EventShapes.Description);
        var pattern = Pattern(arguments);
        var days = arguments.Integer("RetentionDays", 0, int.MaxValue) ?? 0;
        KmsKeys.DemandNone(arguments);
        await call.AuthoriseAsync(call.Arns.Archive(call.AccountId, name));
        var bus = Source(call, source);
        var archive = await call.Service<ArchiveStore>().CreateAsync(call.AccountId, name, bus, description, pattern, days, call.Actor, call.Cancellation);
        return json => WriteState(json, archive, call.Arns);
    }

    private static async Task<Action<Utf8JsonWriter>> UpdateAsync(EventCall call)
    {
        var arguments = call.Arguments;
        var name = arguments.Required("ArchiveName", EventShapes.ArchiveName);
        var description = arguments.Optional("Description", EventShapes.Description);
        var pattern = Pattern(arguments);
        var days = arguments.Integer("RetentionDays", 0, int.MaxValue);
        KmsKeys.DemandNone(arguments);
        await call.AuthoriseAsync(call.Arns.Archive(call.AccountId, name));
        var archive = await call.Service<ArchiveStore>().UpdateAsync(
            call.AccountId,
            name,
            row => (row.Description, row.Pattern, row.RetentionDays) = (description ?? row.Description, pattern ?? row.Pattern, days ?? row.RetentionDays),
            call.Actor,
            call.Cancellation);
        return json => WriteState(json, archive, call.Arns);
    }

    private static async Task<Action<Utf8JsonWriter>> DescribeAsync(EventCall call)
    {
        var name = call.Arguments.Required("ArchiveName", EventShapes.ArchiveName);
        await call.AuthoriseAsync(call.Arns.Archive(call.AccountId, name));
        var archive = await call.Service<ArchiveStore>().FindAsync(call.AccountId, name, call.Cancellation) ?? throw EventRefusals.None("Archive", name);
        return json =>
        {
            json.WriteString("ArchiveArn"u8, call.Arns.Archive(archive.AccountId, archive.Name));
            Write(json, archive, call.Arns);
            json.WriteOptional("Description", archive.Description);
            json.WriteOptional("EventPattern", archive.Pattern);
        };
    }

    private static async Task<Action<Utf8JsonWriter>> ListAsync(EventCall call)
    {
        var prefix = call.Arguments.Optional("NamePrefix", EventShapes.ArchiveName);
        var source = call.Arguments.Optional("EventSourceArn", EventShapes.Arn);
        var state = call.Arguments.Optional("State", EventShapes.ArchiveState);
        var page = call.Page(prefix, source, state);
        await call.AuthoriseAsync(ResourceArns.Any);
        Filters.DemandOne("ListArchives", prefix, source, state);
        var bus = source is null ? null : Source(call, source);
        var archives = await call.Service<ArchiveStore>().ListAsync(call.AccountId, prefix ?? "", bus, state, page.After(), page.Take, call.Cancellation);
        return EventBridgeJson.List(page, "Archives", archives, a => a.Name, (json, archive) => json.WriteObject(_ => Write(json, archive, call.Arns)));
    }

    private static async Task<Action<Utf8JsonWriter>> DeleteAsync(EventCall call)
    {
        var name = call.Arguments.Required("ArchiveName", EventShapes.ArchiveName);
        await call.AuthoriseAsync(call.Arns.Archive(call.AccountId, name));
        await call.Service<ArchiveStore>().DeleteAsync(call.AccountId, name, call.Actor, call.Cancellation);
        return EventAction.Nothing;
    }

    /// <exception cref="Refusal">InvalidEventPattern.</exception>
    private static string? Pattern(BodyArguments arguments)
    {
        if (arguments.Optional("EventPattern", EventShapes.EventPattern) is not { Length: > 0 } pattern)
        {
            return null;
        }

        _ = EventPatterns.Read(pattern);
        return pattern;
    }

    /// <summary>The bus that an ARN names.</summary>
    /// <exception cref="Refusal">Validation: it is no such ARN. ResourceNotFound: it is another account's.</exception>
    private static string Source(EventCall call, string arn)
    {
        var (account, bus) = call.Arns.BusOf(arn)
            ?? throw EventRefusals.Invalid($"Parameter EventSourceArn is not valid. Reason: {arn} is no event bus of this server, whose region is {call.Arns.Region}.");
        return account == call.AccountId ? bus : throw EventRefusals.NoBus(arn);
    }

    private static void WriteState(Utf8JsonWriter json, EventArchive archive, EventArns arns)
    {
        json.WriteString("ArchiveArn"u8, arns.Archive(archive.AccountId, archive.Name));
        json.WriteString("State"u8, archive.State);
        json.WriteMoment("CreationTime", archive.CreatedAt);
    }

    private static void Write(Utf8JsonWriter json, EventArchive archive, EventArns arns)
    {
        json.WriteString("ArchiveName"u8, archive.Name);
        json.WriteString("EventSourceArn"u8, arns.Bus(archive.AccountId, archive.Bus));
        json.WriteString("State"u8, archive.State);
        json.WriteNumber("RetentionDays"u8, archive.RetentionDays);
        json.WriteNumber("SizeBytes"u8, archive.SizeBytes);
        json.WriteNumber("EventCount"u8, archive.EventCount);
        json.WriteMoment("CreationTime", archive.CreatedAt);
    }
}
