namespace Granary.Formats.PyPi;

/// <summary>What the name of a distribution says of it.</summary>
/// <param name="Project">As it is spelt in the name.</param>
/// <param name="Version">As it is spelt in the name; a version by PEP 440.</param>
internal sealed record PyPiFileName(string File, string Project, string Version, bool IsWheel)
{
    private const string WheelExtension = ".whl";
    private const string SdistExtension = ".tar.gz";

    // The most that common file systems keep as a name.
    private const int MaxLength = 255;

    /// <summary>A wheel's name by the binary distribution format, or an sdist's by PEP 625 or as it was before it; null for anything else.</summary>
    public static PyPiFileName? Parse(string file)
    {
        if (file.Length > MaxLength || !file.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '+' or '!'))
        {
            return null;
        }

        var name = file.EndsWith(WheelExtension, StringComparison.Ordinal) ? Wheel(file)
            : file.EndsWith(SdistExtension, StringComparison.Ordinal) ? Sdist(file)
            : null;
        return name is not null && PyPiName.IsValid(name.Project) && PyPiVersion.Parse(name.Version) is not null ? name : null;
    }

    /// <summary>
    /// The name of a file that a public index lists for a project; null where it is of another one, or neither a wheel nor an sdist. Sdists
    /// may be zip archives, as they were once, and have a hyphen in their version.
    /// </summary>
    /// <param name="project">Normalised.</param>
    public static PyPiFileName? ParseListed(string file, string project)
    {
        if (Parse(file) is { } name && PyPiName.Normalize(name.Project) == project)
        {
            return name;
        }

        var extension = new[] { SdistExtension, ".zip" }.FirstOrDefault(e => file.EndsWith(e, StringComparison.Ordinal));
        if (extension is null || file.Length > MaxLength || file.Any(c => c is '/' or '\\' || char.IsControl(c)))
        {
            return null;
        }

        var stem = file[..^extension.Length];
        for (var hyphen = stem.IndexOf('-', StringComparison.Ordinal); hyphen > 0; hyphen = stem.IndexOf('-', hyphen + 1))
        {
            if (PyPiName.Normalize(stem[..hyphen]) == project && PyPiVersion.Parse(stem[(hyphen + 1)..]) is not null)
            {
                return new PyPiFileName(file, stem[..hyphen], stem[(hyphen + 1)..], IsWheel: false);
            }
        }

        return null;
    }

    /// <summary>Whether the two names of a project and the two versions are the same (PEP 503, PEP 440).</summary>
    public bool Agrees(string project, string version) =>
        PyPiName.Normalize(Project) == PyPiName.Normalize(project) && PyPiVersion.Parse(version) is { } other && PyPiVersion.Parse(Version)!.CompareTo(other) == 0;

    // name-version(-build)?-python-abi-platform: hyphens within a part are written as underscores.
    private static PyPiFileName? Wheel(string file)
    {
        var parts = file[..^WheelExtension.Length].Split('-');
        if (parts.Length is not (5 or 6) || (parts.Length == 6 && !char.IsAsciiDigit(parts[2].FirstOrDefault())))
        {
            return null;
        }

        // A local version and an epoch may have their marks; tags have none.
        return parts[2..].All(part => part.Length > 0 && !part.AsSpan().ContainsAny('+', '!'))
            ? new PyPiFileName(file, parts[0], parts[1].Replace('_', '-'), IsWheel: true)
            : null;
    }

    // A normal version has no hyphen, so that the last one ends the name even where the name has hyphens of its own.
    private static PyPiFileName? Sdist(string file)
    {
        var stem = file[..^SdistExtension.Length];
        var hyphen = stem.LastIndexOf('-');
        return hyphen > 0 ? new PyPiFileName(file, stem[..hyphen], stem[(hyphen + 1)..], IsWheel: false) : null;
    }
}
