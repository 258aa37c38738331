using Granary.Core.Events.Buses;

namespace Granary.Server.Aws.EventBridge;

/// <summary>The parameter <c>Tags</c>.</summary>
internal static class EventTags
{
    /// <exception cref="Core.Refusal">Validation: a key is AWS's own, or is there twice.</exception>
    public static IReadOnlyDictionary<string, string> Tags(this EventCall call)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in call.Arguments.Objects("Tags", EventShapes.MostTags) ?? [])
        {
            var key = tag.Required("Key", EventShapes.TagKey);
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            {
                throw EventRefusals.Invalid("Tag keys that begin with 'aws:' are reserved.");
            }

            if (!tags.TryAdd(key, tag.Required("Value", EventShapes.TagValue)))
            {
                throw EventRefusals.Invalid($"The tag key '{key}' is given twice.");
            }
        }

        return tags;
    }

    /// <summary>The condition keys of a request that gives tags.</summary>
    public static Dictionary<string, string[]> Keys(IReadOnlyDictionary<string, string> tags)
    {
        var keys = new Dictionary<string, string[]>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in tags)
        {
            keys[$"aws:RequestTag/{key}"] = [value];
        }

        if (tags.Count > 0)
        {
            keys["aws:TagKeys"] = [.. tags.Keys];
        }

        return keys;
    }
}
