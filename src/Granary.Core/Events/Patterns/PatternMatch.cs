using System.Text.Json;

namespace Granary.Core.Events.Patterns;

/// <summary>
/// One event against one alternative. An array stands for its elements, at any depth: a value matches where one of them does, and an object in an array is
/// chosen such that all fields asked of it are of the same one (what Event Ruler calls array consistency).
/// </summary>
/// <remarks>
/// That a field is absent is judged in Event Ruler's way too: fields are looked at in the order of their names, and as long as no value has been found that
/// binds the choice to one element, the field must be absent from all of them. Time is bounded by the product of event and pattern; nothing is tried twice.
/// </remarks>
internal struct PatternMatch
{
    private List<ArrayScope>? scopes;

    // So many of the scopes, from the outermost, are bound to the element that is being looked at.
    private int bound;

    public static bool Holds(FieldTree fields, JsonElement @event)
    {
        var match = new PatternMatch();
        return match.Object(fields, @event);
    }

    private bool Object(FieldTree fields, JsonElement value)
    {
        foreach (var field in fields.Fields)
        {
            // Undefined where it is not there.
            EventFields.TryFind(value, field.Name, out var found);
            if (field.Test is { } test && !Test(test, found))
            {
                return false;
            }

            if (field.Fields.Count > 0 && !(found.ValueKind is JsonValueKind.Array ? Array(field, found) : Object(field, found)))
            {
                return false;
            }
        }

        return true;
    }

    private bool Test(FieldTest test, JsonElement value)
    {
        if (Matches(test, value))
        {
            bound = scopes?.Count ?? 0;
            return true;
        }

        return test.OrAbsent && !(scopes is not null && bound < scopes.Count ? scopes[bound].Has(test) : HasValue(value, test.Path, test.Path.Length));
    }

    private bool Array(FieldTree fields, JsonElement array)
    {
        scopes ??= [];
        scopes.Add(new ArrayScope(array, fields.Depth));
        var hasObject = false;
        // Without an object to choose, every field below is absent.
        var holds = Elements(fields, array, ref hasObject) || (!hasObject && Object(fields, default));
        scopes.RemoveAt(scopes.Count - 1);
        bound = Math.Min(bound, scopes.Count);
        return holds;
    }

    private bool Elements(FieldTree fields, JsonElement array, ref bool hasObject)
    {
        var before = bound;
        foreach (var element in array.EnumerateArray())
        {
            bool holds;
            if (element.ValueKind is JsonValueKind.Array)
            {
                holds = Elements(fields, element, ref hasObject);
            }
            else if (element.ValueKind is JsonValueKind.Object)
            {
                hasObject = true;
                holds = Object(fields, element);
            }
            else
            {
                continue;
            }

            if (holds)
            {
                return true;
            }

            bound = before;
        }

        return false;
    }

    private static bool Matches(FieldTest test, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined or JsonValueKind.Object:
                return false;
            case JsonValueKind.Array:
                foreach (var element in value.EnumerateArray())
                {
                    if (Matches(test, element))
                    {
                        return true;
                    }
                }

                return false;
            default:
                return test.Matches(new EventValue(value));
        }
    }

    /// <summary>Whether there is a value, which an object is not, at the end of the path.</summary>
    private static bool HasValue(JsonElement value, byte[][] path, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined:
                return false;
            case JsonValueKind.Array:
                foreach (var element in value.EnumerateArray())
                {
                    if (HasValue(element, path, depth))
                    {
                        return true;
                    }
                }

                return false;
            case JsonValueKind.Object:
                return depth < path.Length && EventFields.TryFind(value, path[depth], out var found) && HasValue(found, path, depth + 1);
            default:
                return depth == path.Length;
        }
    }

    /// <summary>An array one of whose objects is being chosen.</summary>
    /// <param name="array">It.</param>
    /// <param name="depth">How many names of a field's path lead to it.</param>
    private sealed class ArrayScope(JsonElement array, int depth)
    {
        private Dictionary<FieldTest, bool>? known;

        /// <summary>Whether any object of the array has the field.</summary>
        public bool Has(FieldTest test)
        {
            known ??= [];
            if (!known.TryGetValue(test, out var has))
            {
                has = HasValue(array, test.Path, depth);
                known.Add(test, has);
            }

            return has;
        }
    }
}
