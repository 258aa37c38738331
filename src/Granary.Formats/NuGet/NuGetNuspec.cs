using System.Text;
using System.Xml;
using System.Xml.Linq;
using Granary.Core;
using NuGet.Packaging;
using NuGet.Packaging.Core;
using NuGet.Versioning;

namespace Granary.Formats.NuGet;

/// <summary>
/// Reads a .nuspec with NuGet's own reader. Before that sees it: UTF-8 alone, no document type and so no entities, nothing nested beyond
/// what a .nuspec can be.
/// </summary>
internal static class NuGetNuspec
{
    // Dependencies of groups are five levels deep; what is nested further nobody reads.
    private const int Deepest = 32;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="strict">Whether ranges of versions that NuGet does not understand are refused; else they mean any version, as to its clients.</param>
    /// <exception cref="Refusal">Validation: it is no .nuspec, or says things that NuGet does not understand.</exception>
    public static NuGetManifest Read(ReadOnlySpan<byte> nuspec, bool strict)
    {
        try
        {
            return Describe(Parse(nuspec), strict);
        }
        catch (Exception failure) when (failure is XmlException or PackagingException or ArgumentException or FormatException or InvalidOperationException)
        {
            throw Refusal.Validation($"The package's .nuspec cannot be read: {Line(failure.Message)} Pack the package again with dotnet pack.");
        }
    }

    private static XDocument Parse(ReadOnlySpan<byte> nuspec)
    {
        string text;
        try
        {
            // Whatever the declaration says: the bytes are UTF-8, so that nobody reads something else out of them.
            text = Strict.GetString(nuspec.StartsWith("\uFEFF"u8) ? nuspec[3..] : nuspec);
        }
        catch (DecoderFallbackException)
        {
            throw Refusal.Validation("The package's .nuspec is not UTF-8: save it as UTF-8 and pack the package again.");
        }

        if (text.Contains("<!DOCTYPE", StringComparison.OrdinalIgnoreCase))
        {
            throw Refusal.Validation("The package's .nuspec has a document type (DOCTYPE), which is not read: take it out and pack the package again.");
        }

        using (var walk = Reader(text))
        {
            while (walk.Read())
            {
                if (walk.Depth > Deepest)
                {
                    throw Refusal.Validation("The package's .nuspec is nested deeper than a .nuspec can be: pack the package again with dotnet pack.");
                }

                if (walk is { NodeType: XmlNodeType.XmlDeclaration } && walk.GetAttribute("encoding") is { } encoding && !encoding.Equals("utf-8", StringComparison.OrdinalIgnoreCase))
                {
                    throw Refusal.Validation($"The package's .nuspec says that it is {Line(encoding)}: save it as UTF-8 and pack the package again.");
                }
            }
        }

        using var reader = Reader(text);
        return XDocument.Load(reader);
    }

    private static XmlReader Reader(string text) => XmlReader.Create(
        new StringReader(text), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true });

    private static NuGetManifest Describe(XDocument document, bool strict)
    {
        var reader = new NuspecReader(document);
        var id = Once(document, "id");
        var written = Once(document, "version");
        if (!NuGetName.IsValid(id))
        {
            throw Refusal.Validation(
                $"'{Line(id)}' cannot be the id of a package: ids are at most {NuGetName.MaxLength} letters of the English alphabet, digits, underscores, and single dots or hyphens between them.");
        }

        var version = NuGetName.Version(written) ?? throw Refusal.Validation($"'{Line(written)}' cannot be the version of a package. Give it one such as 1.2.3 or 1.2.3-beta.1.");
        var license = reader.GetLicenseMetadata();
        var repository = reader.GetRepositoryMetadata();
        return new NuGetManifest(id, version.ToFullString())
        {
            Title = Text(reader.GetTitle()),
            Authors = Text(reader.GetAuthors()),
            Description = Text(reader.GetDescription()),
            Summary = Text(reader.GetSummary()),
            Language = Text(reader.GetLanguage()),
            MinClientVersion = reader.GetMinClientVersion()?.ToNormalizedString(),
            ProjectUrl = NuGetText.WebAddress(reader.GetProjectUrl()),
            RepositoryUrl = NuGetText.WebAddress(repository?.Url),
            LicenseExpression = license?.Type == LicenseType.Expression ? Text(license.License) : null,
            LicenseFile = license?.Type == LicenseType.File ? Text(license.License) : null,
            LicenseUrl = license?.Type == LicenseType.File ? null : NuGetText.WebAddress(reader.GetLicenseUrl()),
            IconFile = Text(reader.GetIcon()),
            IconUrl = NuGetText.WebAddress(reader.GetIconUrl()),
            ReadmeFile = Text(reader.GetReadme()),
            RequireLicenseAcceptance = reader.GetRequireLicenseAcceptance(),
            Tags = NuGetText.Tags(reader.GetTags()),
            DependencyGroups = [.. reader.GetDependencyGroups(useStrictVersionCheck: strict).Select(Group)],
            PackageTypes = [.. reader.GetPackageTypes().Select(t => new NuGetPackageType(t.Name, t.Version == PackageType.EmptyVersion ? null : t.Version.ToString()))],
        };
    }

    /// <summary>The one element of that name. Readers differ in which of several they take.</summary>
    private static string Once(XDocument document, string name)
    {
        var elements = (document.Root?.Elements() ?? [])
            .Where(e => e.Name.LocalName.Equals("metadata", StringComparison.OrdinalIgnoreCase))
            .SelectMany(m => m.Elements())
            .Where(e => e.Name.LocalName.Equals(name, StringComparison.OrdinalIgnoreCase))
            .ToList();
        return elements is [{ HasElements: false } one]
            ? one.Value.Trim()
            : throw Refusal.Validation($"The package's .nuspec has {(elements.Count == 0 ? "no" : "more than one")} <{name}>: pack the package again with dotnet pack.");
    }

    private static NuGetDependencyGroup Group(PackageDependencyGroup group) => new(
        group.TargetFramework.IsAny || group.TargetFramework.IsUnsupported ? null : group.TargetFramework.GetShortFolderName(),
        [.. group.Packages.Select(p => new NuGetDependency(p.Id, p.VersionRange.Equals(VersionRange.All) ? null : p.VersionRange.ToNormalizedString()))]);

    private static string? Text(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    private static string Line(string text) => string.Concat((text.Length > 200 ? text[..200] + "…" : text).Select(c => char.IsControl(c) ? ' ' : c));
}
