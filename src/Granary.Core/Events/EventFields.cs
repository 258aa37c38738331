using System.Runtime.InteropServices;
using System.Text.Json;

namespace Granary.Core.Events;

/// <summary>Looks into events, whose names and strings may hold what is JSON and yet no text.</summary>
internal static class EventFields
{
    /// <summary>The value of an object's field; false where there is none, or no object.</summary>
    /// <param name="value">The object.</param>
    /// <param name="name">In UTF-8.</param>
    /// <param name="found">Undefined where there is none.</param>
    public static bool TryFind(JsonElement value, ReadOnlySpan<byte> name, out JsonElement found)
    {
        found = default;
        if (value.ValueKind is not JsonValueKind.Object)
        {
            return false;
        }

        try
        {
            return value.TryGetProperty(name, out found);
        }
        catch (InvalidOperationException)
        {
            // Some name of the object holds half of a surrogate pair. The others are found by how they are written.
            foreach (var property in value.EnumerateObject())
            {
                if (JsonMarshal.GetRawUtf8PropertyName(property).SequenceEqual(name))
                {
                    found = property.Value;
                }
            }

            return found.ValueKind is not JsonValueKind.Undefined;
        }
    }
}
