using Granary.Core.Events.Buses;

namespace Granary.Server.Aws.EventBridge;

/// <summary>The filters of lists that take one at a time.</summary>
internal static class Filters
{
    /// <exception cref="Core.Refusal">Validation: more than one is given.</exception>
    public static void DemandOne(string operation, params IEnumerable<string?> filters)
    {
        if (filters.Count(f => f is not null) > 1)
        {
            throw EventRefusals.Invalid($"At most one filter is allowed for {operation}. Use either: State, EventSourceArn, or NamePrefix.");
        }
    }
}
