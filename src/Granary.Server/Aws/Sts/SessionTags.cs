using Granary.Core;
using Granary.Core.Access;
using Granary.Server.Aws.Query;

namespace Granary.Server.Aws.Sts;

/// <summary>The tags that a session is given, and those that it has of the session that it is assumed from.</summary>
/// <param name="Own">What the request names; keys differ by more than case.</param>
/// <param name="Transitive">The keys that sessions assumed from the new one inherit.</param>
/// <param name="Inherited">Nobody can set them to something else.</param>
/// <remarks>https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html</remarks>
internal sealed record SessionTags(
    IReadOnlyDictionary<string, string> Own, IReadOnlyList<string> Transitive, IReadOnlyDictionary<string, string> Inherited)
{
    public const int Most = 50;

    private static IReadOnlyDictionary<string, string> None { get; } = new Dictionary<string, string>();

    /// <summary>Whether the session has any, which sts:TagSession must allow.</summary>
    public bool Any => Own.Count > 0 || Transitive.Count > 0 || Inherited.Count > 0;

    public IReadOnlyDictionary<string, string> All => Own.Concat(Inherited).ToDictionary(StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<string> AllTransitive => [.. Transitive, .. Inherited.Keys];

    /// <summary>Reads the tags of an AssumeRole.</summary>
    /// <param name="parent">The session of the caller, or null.</param>
    public static SessionTags Read(QueryCall call, RoleSession? parent)
    {
        var pairs = call.Objects("Tags", "Key", StsShapes.TagKey, Most)
            .Select(tag => KeyValuePair.Create(call.Arguments.Required($"{tag}Key", StsShapes.TagKey), call.Arguments.Required($"{tag}Value", StsShapes.TagValue)));
        var inherited = (parent?.Tags ?? None)
            .Where(tag => parent!.TransitiveTagKeys.Contains(tag.Key, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(StringComparer.OrdinalIgnoreCase);
        return Of(pairs, call.Texts("TransitiveTagKeys", StsShapes.TagKey, Most), inherited);
    }

    /// <exception cref="Refusal">Validation: a key is there twice, is AWS's own, is inherited, or is passed on without being set.</exception>
    public static SessionTags Of(
        IEnumerable<KeyValuePair<string, string>> pairs, IReadOnlyList<string> transitive, IReadOnlyDictionary<string, string>? inherited = null)
    {
        var own = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (key, value) in pairs)
        {
            if (key.StartsWith("aws:", StringComparison.OrdinalIgnoreCase))
            {
                throw Invalid("Tag keys that begin with 'aws:' are reserved.");
            }

            if (inherited?.ContainsKey(key) is true)
            {
                throw Invalid("One of the specified tag keys conflicts with a transitive tag key of the calling session.");
            }

            if (!own.TryAdd(key, value))
            {
                throw Invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.");
            }
        }

        return transitive.All(key => own.ContainsKey(key) || inherited?.ContainsKey(key) is true)
            ? new SessionTags(own, [.. transitive.Where(own.ContainsKey)], inherited ?? None)
            : throw Invalid("The specified transitive tag key must be included in the requested tags.");
    }

    public void AddTo(Dictionary<string, string[]> keys)
    {
        foreach (var (key, value) in Own)
        {
            keys[$"aws:RequestTag/{key}"] = [value];
        }

        if (Own.Count > 0)
        {
            keys["aws:TagKeys"] = [.. Own.Keys];
        }

        if (Transitive.Count > 0)
        {
            keys["sts:TransitiveTagKeys"] = [.. Transitive];
        }
    }

    private static Refusal Invalid(string message) => Refusal.Named(RefusalKind.Validation, "InvalidParameterValue", message);
}
