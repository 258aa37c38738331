using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Granary.Core;

namespace Granary.Formats.Npm;

/// <summary>The one pass over a tarball: what it has found so far, and in strict mode what it has refused.</summary>
internal sealed class NpmTarballWalk(NpmTarballLimits limits, bool strict)
{
    // Sixteen bytes of a hash for each path in place of the path: a hundred thousand long names would be an attack on memory.
    private readonly HashSet<UInt128> _files = [];
    private readonly HashSet<UInt128> _directories = [];
    private byte[]? _packageJson;
    private byte[]? _readme;
    private string? _readmeFile;
    private int _readmeRank = int.MaxValue;
    private int _fileCount;
    private long _unpackedSize;
    private bool _shrinkwrap;
    private bool _bindingGyp;
    private bool _gypFile;

    public async Task RunAsync(Stream compressed, CancellationToken cancellation)
    {
        await using var archive = new GzipMember(compressed, limits, strict);
        var reader = new TarReader(archive, limits, strict);
        while (await reader.NextAsync(cancellation) is { } member)
        {
            if (strict)
            {
                RememberOnce(member);
            }

            if (member.Kind == TarKind.File)
            {
                _fileCount++;
                _unpackedSize += member.Size;
                await ReadAsync(reader, member, cancellation);
            }
        }
    }

    /// <summary>What was found; null without a package.json.</summary>
    /// <exception cref="Refusal">The package.json is not a JSON object that reads the same to everyone.</exception>
    public NpmTarballContent? Content()
    {
        if (_packageJson is null)
        {
            return null;
        }

        var json = WithoutMark(_packageJson);
        var root = NpmJsonDocument.Parse(json, "The package.json in the tarball", strict);
        return new NpmTarballContent(
            json,
            _readme is null ? null : Encoding.UTF8.GetString(Whole(WithoutMark(_readme).Span)),
            _readmeFile,
            _fileCount,
            _unpackedSize,
            NpmInstallScripts.Of(root).Count > 0 || (_bindingGyp && !IsFalse(root, "gypfile")),
            _shrinkwrap,
            _gypFile);
    }

    public NpmTarballContent? TryContent()
    {
        try
        {
            return Content();
        }
        catch (Refusal)
        {
            return null;
        }
    }

    private static bool IsFalse(JsonElement root, string member) =>
        root.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.False;

    // A readme that was cut at its limit may end within a character.
    private ReadOnlySpan<byte> Whole(ReadOnlySpan<byte> text) =>
        _readme!.Length == limits.ReadmeBytes && Rune.DecodeLastFromUtf8(text, out _, out var broken) is not OperationStatus.Done ? text[..^broken] : text;

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> text) =>
        text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text;

    // npm prefers a markdown readme, then a bare one.
    private static int ReadmeRank(string name) => Path.GetExtension(name).ToUpperInvariant() switch
    {
        ".MD" or ".MARKDOWN" or ".MDOWN" or ".MKD" => 0,
        "" => 1,
        ".TXT" or ".RST" => 2,
        _ => int.MaxValue,
    };

    // Installers drop the top folder whatever it is called, so that paths are compared without it.
    private static string? BelowTop(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? null : path[(slash + 1)..].TrimEnd('/');
    }

    private static UInt128 Mark(string path)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(path.AsSpan()), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    private async ValueTask ReadAsync(TarReader reader, TarMember member, CancellationToken cancellation)
    {
        var name = BelowTop(member.Path) ?? "";
        if (name == "package.json")
        {
            if (member.Size > limits.PackageJsonBytes)
            {
                throw Refusal.Validation($"The package.json in the tarball is larger than {limits.PackageJsonBytes:N0} bytes: make it smaller.");
            }

            _packageJson = await reader.BodyAsync(limits.PackageJsonBytes, cancellation);
        }
        else if (name.StartsWith("readme", StringComparison.OrdinalIgnoreCase)
            && Path.GetFileNameWithoutExtension(name).Equals("readme", StringComparison.OrdinalIgnoreCase)
            && !name.Contains('/', StringComparison.Ordinal)
            && ReadmeRank(name) < _readmeRank)
        {
            _readmeRank = ReadmeRank(name);
            _readmeFile = name;
            _readme = await reader.BodyAsync(limits.ReadmeBytes, cancellation);
        }

        _shrinkwrap |= name == "npm-shrinkwrap.json";
        _bindingGyp |= name == "binding.gyp";
        _gypFile |= name.EndsWith(".gyp", StringComparison.Ordinal) && !name.Contains('/', StringComparison.Ordinal);
    }

    private void RememberOnce(TarMember member)
    {
        if (BelowTop(member.Path) is not { } path)
        {
            if (member.Kind == TarKind.Directory)
            {
                return;
            }

            throw Refusal.Validation($"The tarball's file {ArchivePath.Shown(member.Path)} is not in a folder: pack the package with npm pack.");
        }

        if (path.Length == 0)
        {
            return;
        }

        var mark = Mark(path);
        var isNew = member.Kind == TarKind.File
            ? _files.Add(mark) && !_directories.Contains(mark)
            : (_directories.Add(mark) || true) && !_files.Contains(mark);
        if (!isNew)
        {
            throw Refusal.Validation($"The tarball holds {ArchivePath.Shown(path)} twice: pack the package again, with each file once.");
        }

        var top = path.IndexOf('/', StringComparison.Ordinal) is var slash && slash < 0 ? path : path[..slash];
        foreach (var name in (ReadOnlySpan<string>)["package.json", "npm-shrinkwrap.json", "binding.gyp"])
        {
            if (top.Equals(name, StringComparison.OrdinalIgnoreCase) && (path != name || member.Kind == TarKind.Directory))
            {
                throw Refusal.Validation($"The tarball holds {ArchivePath.Shown(path)}, which some file systems take for {name}: rename it.");
            }
        }
    }
}
