namespace Granary.Core.Events.Buses;

/// <summary>Ids that ARNs have beside names, and those of events: UUIDs with hyphens, in lower case.</summary>
public static class Uuid
{
    public static string New() => Guid.NewGuid().ToString("D");
}
