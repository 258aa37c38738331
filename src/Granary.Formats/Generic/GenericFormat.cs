namespace Granary.Formats.Generic;

/// <summary>Anything at all: a namespace, a name, a version and files. Nothing is normalised and nothing comes from outside.</summary>
public sealed class GenericFormat : PackageFormat
{
    public override string Name => "generic";

    public override NamespaceRule Namespace => NamespaceRule.Required;

    public override IComparer<string> VersionOrder => GenericVersionOrder.Instance;
}
