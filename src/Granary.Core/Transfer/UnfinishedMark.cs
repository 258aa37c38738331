using System.Text;
using Granary.Core.Assets;

namespace Granary.Core.Transfer;

/// <summary>
/// The file <c>granary.unfinished</c> of a data directory that is being filled: what it is filled from, and whether everything has come
/// and was verified. No server starts while it is there.
/// </summary>
public sealed class UnfinishedMark
{
    private const string FileName = "granary.unfinished";
    private const string Verified = "verified\n";

    private readonly string path;
    private readonly string source;

    private UnfinishedMark(string path, string source) => (this.path, this.source) = (path, source);

    /// <summary>Whether all is there already, so that only the marks are left to be removed.</summary>
    internal bool IsVerified => File.ReadAllText(path).EndsWith(Verified, StringComparison.Ordinal);

    internal static bool IsIn(string directory) => File.Exists(Path.Combine(directory, FileName));

    /// <exception cref="InvalidOperationException">The directory is incomplete.</exception>
    public static void DemandNone(string directory)
    {
        if (Read(Path.Combine(directory, FileName)) is { } started)
        {
            throw new InvalidOperationException(
                $"The data directory {directory} is incomplete: {started} was broken off. Run the same command again to complete it, or remove the directory.");
        }
    }

    /// <summary>Marks an empty directory, or goes on where a run from the same source was broken off.</summary>
    /// <param name="allowed">The names of files that may be in an empty directory.</param>
    /// <exception cref="InvalidOperationException">The directory holds something else.</exception>
    internal static UnfinishedMark Begin(string directory, string source, IReadOnlyCollection<string> allowed)
    {
        var mark = new UnfinishedMark(Path.Combine(directory, FileName), source);
        if (Read(mark.path) is { } started)
        {
            return started == source
                ? mark
                : throw new InvalidOperationException($"{directory} holds a part of {started}. Go on with that, or remove the directory.");
        }

        if (Directory.EnumerateFileSystemEntries(directory).Select(Path.GetFileName).FirstOrDefault(name => !allowed.Contains(name)) is { } found)
        {
            throw new InvalidOperationException($"{directory} is not empty: it holds {found}. Nothing is ever restored over what is there: name a new directory.");
        }

        DurableFile.WritePrivate(mark.path, Encoding.UTF8.GetBytes(source + '\n'));
        return mark;
    }

    internal void SetVerified() => DurableFile.WritePrivate(path, Encoding.UTF8.GetBytes($"{source}\n{Verified}"));

    internal void Remove()
    {
        File.Delete(path);
        DurableFile.SyncDirectory(Path.GetDirectoryName(path)!);
    }

    private static string? Read(string path) => File.Exists(path) ? File.ReadLines(path).FirstOrDefault() ?? "" : null;
}
