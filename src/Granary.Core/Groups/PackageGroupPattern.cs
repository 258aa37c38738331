using Granary.Core.Packages;

namespace Granary.Core.Groups;

/// <summary>What a pattern leaves open, from everything to nothing.</summary>
public enum PatternScope
{
    All,
    Format,
    NamespacePrefix,
    Namespace,
    NamePrefix,
    Name,
}

/// <summary>
/// The pattern of a package group, which is also its identifier: <c>/*</c>, <c>/format/*</c>, <c>/format/space~</c>,
/// <c>/format/space/*</c>, <c>/format/space/name~</c>, <c>/format/space/name$</c>. A component that a package does not have is empty:
/// <c>/format//name$</c>.
/// </summary>
/// <remarks>https://docs.aws.amazon.com/codeartifact/latest/ug/package-group-definition-syntax-matching-behavior.html</remarks>
public sealed record PackageGroupPattern
{
    /// <summary>The group that every domain has and that holds whatever no other group holds.</summary>
    public static readonly PackageGroupPattern Root = new(PatternScope.All, "", "", "");

    private PackageGroupPattern(PatternScope scope, string format, string @namespace, string name)
    {
        (Scope, Format, Namespace, Name) = (scope, format, @namespace, name);
        Text = scope switch
        {
            PatternScope.All => "/*",
            PatternScope.Format => $"/{format}/*",
            PatternScope.NamespacePrefix => $"/{format}/{@namespace}~",
            PatternScope.Namespace => $"/{format}/{@namespace}/*",
            PatternScope.NamePrefix => $"/{format}/{@namespace}/{name}~",
            _ => $"/{format}/{@namespace}/{name}$",
        };
    }

    public PatternScope Scope { get; }

    /// <summary>Empty for the root.</summary>
    public string Format { get; }

    /// <summary>The whole of it or its beginning; empty where the pattern does not reach so far, or where packages have none.</summary>
    public string Namespace { get; }

    /// <summary>The whole of it or its beginning; empty where the pattern does not reach so far.</summary>
    public string Name { get; }

    /// <summary>As users write it.</summary>
    public string Text { get; }

    /// <summary>Reads the syntax. Whether the format exists and its names are in normal form, its caller says.</summary>
    /// <exception cref="Refusal">Validation: it is no pattern; the message says what a pattern is.</exception>
    public static PackageGroupPattern Parse(string text)
    {
        if (text == Root.Text)
        {
            return Root;
        }

        // The suffix is the last character alone: a name may hold the same characters.
        return text.Split('/') switch
        {
            ["", { Length: > 0 } format, "*"] => new(PatternScope.Format, format, "", ""),
            ["", { Length: > 0 } format, [.. var space, '~']] => new(PatternScope.NamespacePrefix, format, Prefix(text, space), ""),
            ["", { Length: > 0 } format, var space, "*"] => new(PatternScope.Namespace, format, space, ""),
            ["", { Length: > 0 } format, var space, [.. var name, '~']] => new(PatternScope.NamePrefix, format, space, Prefix(text, name)),
            ["", { Length: > 0 } format, var space, [.. { Length: > 0 } name, '$']] => new(PatternScope.Name, format, space, name),
            _ => throw Malformed(text, "A pattern is one of /*, /format/*, /format/namespace~, /format/namespace/*, /format/namespace/name~ and /format/namespace/name$."),
        };
    }

    /// <summary>The patterns that hold a package, the most specific first and <see cref="Root"/> last. Each holds all that those before it hold.</summary>
    public static IEnumerable<PackageGroupPattern> Around(PackageCoordinate package)
    {
        yield return new(PatternScope.Name, package.Format, package.Namespace, package.Name);
        foreach (var pattern in Above(PatternScope.Name, package.Format, package.Namespace, package.Name))
        {
            yield return pattern;
        }
    }

    /// <summary>The patterns that hold all that this one holds and more, the most specific first.</summary>
    public IEnumerable<PackageGroupPattern> Above() => Above(Scope, Format, Namespace, Name);

    /// <summary>The same pattern of other names.</summary>
    public PackageGroupPattern Of(string @namespace, string name) => new(Scope, Format, @namespace, name);

    /// <summary>Whether the package is one of those that the pattern describes, to the letter.</summary>
    public bool Holds(PackageCoordinate package) => Scope switch
    {
        PatternScope.All => true,
        PatternScope.Format => package.Format == Format,
        PatternScope.NamespacePrefix => package.Format == Format && Words.BeginsWith(package.Namespace, Namespace),
        PatternScope.Namespace => package.Format == Format && package.Namespace == Namespace,
        PatternScope.NamePrefix => package.Format == Format && package.Namespace == Namespace && Words.BeginsWith(package.Name, Name),
        _ => package.Format == Format && package.Namespace == Namespace && package.Name == Name,
    };

    /// <summary>What is equal for all patterns that differ only in variations of their names; see <see cref="Variations"/>.</summary>
    internal (PatternScope Scope, string Format, string Namespace, string Name) Folded() =>
        (Scope, Format, Variations.Fold(Namespace), Variations.Fold(Name));

    public override string ToString() => Text;

    private static IEnumerable<PackageGroupPattern> Above(PatternScope scope, string format, string @namespace, string name)
    {
        if (scope is PatternScope.Name or PatternScope.NamePrefix)
        {
            foreach (var end in Words.EndsOf(name))
            {
                // A prefix holds itself, which is not above it.
                if (scope is PatternScope.Name || end < name.Length)
                {
                    yield return new(PatternScope.NamePrefix, format, @namespace, name[..end]);
                }
            }

            yield return new(PatternScope.Namespace, format, @namespace, "");
        }

        if (scope is not (PatternScope.Format or PatternScope.All))
        {
            foreach (var end in Words.EndsOf(@namespace))
            {
                if (scope is not PatternScope.NamespacePrefix || end < @namespace.Length)
                {
                    yield return new(PatternScope.NamespacePrefix, format, @namespace[..end], "");
                }
            }

            yield return new(PatternScope.Format, format, "", "");
        }

        if (scope is not PatternScope.All)
        {
            yield return Root;
        }
    }

    private static string Prefix(string text, string prefix) =>
        prefix.Length > 0 && Words.EndsOf(prefix).First() == prefix.Length
            ? prefix
            : throw Malformed(text, "A prefix ends with a letter or a digit before its ~, as in /format/space/anycompany-ui~.");

    private static Refusal Malformed(string text, string rule) =>
        Refusal.Validation($"'{text}' is not a package group pattern. {rule}");
}
