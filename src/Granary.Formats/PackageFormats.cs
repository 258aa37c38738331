using Granary.Formats.Cargo;
using Granary.Formats.Generic;
using Granary.Formats.Maven;
using Granary.Formats.Npm;
using Granary.Formats.NuGet;
using Granary.Formats.PyPi;
using Granary.Formats.Ruby;
using Granary.Formats.Swift;

namespace Granary.Formats;

/// <summary>Every format that this server speaks, in the order of CodeArtifact's PackageFormat.</summary>
public static class PackageFormats
{
    public static IReadOnlyList<PackageFormat> All { get; } =
    [
        new NpmFormat(),
        new PyPiFormat(),
        new MavenFormat(),
        new NuGetFormat(),
        new GenericFormat(),
        new RubyFormat(),
        new SwiftFormat(),
        new CargoFormat(),
    ];

    /// <summary>The format of that name, or null. Names are lower-case and compared exactly.</summary>
    public static PackageFormat? Find(string name)
    {
        foreach (var format in All)
        {
            if (format.Name == name)
            {
                return format;
            }
        }

        return null;
    }
}
