using Granary.Core;

namespace Granary.Formats.Generic;

/// <summary>Anything at all: a namespace, a name, a version and files. Nothing is normalised and nothing comes from outside.</summary>
public sealed class GenericFormat : PackageFormat
{
    public override string Name => "generic";

    public override NamespaceRule Namespace => NamespaceRule.Required;

    public override IComparer<string> VersionOrder => GenericVersionOrder.Instance;

    public override bool IsPublishedByApi => true;

    public override void DemandAssetName(string name)
    {
        if (!GenericAssetName.IsValid(name))
        {
            throw Refusal.Validation(
                $"'{name}' cannot be the name of an asset: letters and digits of any alphabet, {GenericAssetName.Marks} and single blanks between them are allowed, and not '.' or '..' alone.");
        }
    }
}
