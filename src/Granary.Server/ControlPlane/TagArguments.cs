using Granary.Core;

namespace Granary.Server.ControlPlane;

/// <summary>Reads the member <c>tags</c>: a list of keys and values.</summary>
internal static class TagArguments
{
    /// <exception cref="Refusal">Validation: a tag is malformed, its key is AWS's own, or a key is there twice.</exception>
    public static IReadOnlyDictionary<string, string> Read(BodyArguments body)
    {
        var tags = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in body.Objects("tags", Shapes.MaxTags) ?? [])
        {
            var key = tag.Required("key", Shapes.TagKey);
            var value = tag.Required("value", Shapes.TagValue);
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            {
                throw Refusal.Validation("Tag keys that begin with 'aws:' are reserved.");
            }

            if (!tags.TryAdd(key, value))
            {
                throw Refusal.Validation($"The tag key '{key}' is given more than once.");
            }
        }

        return tags;
    }

    /// <summary>What conditions can ask of the tags in a request; null where it has none.</summary>
    public static IReadOnlyDictionary<string, string[]>? Keys(IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count == 0)
        {
            return null;
        }

        var keys = tags.ToDictionary(tag => $"aws:RequestTag/{tag.Key}", tag => (string[])[tag.Value], StringComparer.OrdinalIgnoreCase);
        keys["aws:TagKeys"] = [.. tags.Keys];
        return keys;
    }
}
