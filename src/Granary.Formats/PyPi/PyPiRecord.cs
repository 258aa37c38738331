using System.Buffers.Text;
using System.Text;
using Granary.Core;

namespace Granary.Formats.PyPi;

/// <summary>
/// The RECORD of a wheel (PEP 376, 427): which files it has and their digests, as comma-separated values. Installers go by it or by the
/// archive, so the two must say the same.
/// </summary>
internal static class PyPiRecord
{
    /// <param name="files">Every file of the wheel, with the SHA-256 of its bytes.</param>
    /// <param name="folder">The .dist-info folder, with its slash.</param>
    /// <exception cref="Refusal">Validation: it lacks a file, has one that is not there, or one with another digest.</exception>
    public static void Check(ReadOnlySpan<byte> record, IReadOnlyDictionary<string, byte[]> files, string folder)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(record).ReplaceLineEndings("\n").Split('\n'))
        {
            if (line.Length == 0)
            {
                continue;
            }

            var (path, digest) = Read(line);
            if (!files.TryGetValue(path, out var actual) || !seen.Add(path))
            {
                throw Refusal.Validation($"The RECORD of the wheel names {ArchivePath.Shown(path)} twice, or without the wheel having it: build the wheel again.");
            }

            if (digest.StartsWith("sha256=", StringComparison.Ordinal) && digest[7..] != Base64Url.EncodeToString(actual))
            {
                throw Refusal.Validation($"The RECORD of the wheel has another digest of {ArchivePath.Shown(path)} than its bytes: build the wheel again.");
            }
        }

        // Signatures are made after it.
        string[] unlisted = [$"{folder}RECORD", $"{folder}RECORD.jws", $"{folder}RECORD.p7s"];
        if (files.Keys.FirstOrDefault(path => !seen.Contains(path) && !unlisted.Contains(path)) is { } missing)
        {
            throw Refusal.Validation($"The RECORD of the wheel does not name {ArchivePath.Shown(missing)}, which is in it: build the wheel again.");
        }
    }

    // path,digest,size: a path with a comma or a quotation mark is quoted, and a mark within it doubled.
    private static (string Path, string Digest) Read(string line)
    {
        var path = new StringBuilder();
        var at = 0;
        var quoted = line[0] == '"';
        for (at += quoted ? 1 : 0; at < line.Length; at++)
        {
            if (quoted && line[at] == '"')
            {
                if (at + 1 == line.Length || line[at + 1] != '"')
                {
                    at++;
                    break;
                }

                at++;
            }
            else if (!quoted && line[at] == ',')
            {
                break;
            }

            path.Append(line[at]);
        }

        var rest = line[at..].Split(',');
        return rest is ["", var digest, _]
            ? (path.ToString(), digest)
            : throw Refusal.Validation("A line of the wheel's RECORD is not a path, a digest and a size: build the wheel again.");
    }
}
