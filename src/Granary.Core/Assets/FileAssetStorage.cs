using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Granary.Core.Assets;

/// <summary>Assets as files under the data directory.</summary>
public sealed class FileAssetStorage : IAssetStorage
{
    private readonly string root;
    private readonly SpoolDirectory incoming;

    // Directories whose own names are known to be on the disk: that one exists does not say so.
    private readonly ConcurrentDictionary<string, bool> lasting = new(StringComparer.Ordinal);

    /// <param name="root">Created where it is not there.</param>
    /// <param name="isOwner">Whether no other process writes there: then what lies half-written was left by one that died, and is removed.</param>
    public FileAssetStorage(string root, bool isOwner)
    {
        this.root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));
        incoming = new SpoolDirectory(Path.Combine(this.root, "incoming"), isOwner);
    }

    public Spool CreateSpool() => incoming.CreateSpool();

    public Task StoreAsync(Spool spool, string key, CancellationToken cancellation)
    {
        var path = PathOf(key);
        var directory = Path.GetDirectoryName(path)!;
        spool.Finish();
        try
        {
            MakeLasting(directory);
            // One of another length was damaged: the bytes that are here are right.
            if (new FileInfo(path) is { Exists: true } there && there.Length == spool.Length)
            {
                // Whoever renamed it may not have come to the sync of the directory.
                DurableFile.SyncDirectory(directory);
                return Task.CompletedTask;
            }

            spool.Sync();
            DurableFile.Rename(spool.Path, path);
            return Task.CompletedTask;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw StorageRefusal.Of(failure);
        }
    }

    public Task<AssetContent?> OpenAsync(string key, CancellationToken cancellation)
    {
        var path = PathOf(key);
        var file = new FileInfo(path);
        return Task.FromResult(file.Exists
            ? new AssetContent(file.Length, path, (offset, _, _) => Task.FromResult<Stream>(Read(path, offset)))
            : null);
    }

    public async Task<AssetContent?> OpenAsync(string key, long length, CancellationToken cancellation) =>
        await OpenAsync(key, cancellation) is { } content && content.Length == length ? content : null;

    public Task DeleteAsync(string key, CancellationToken cancellation)
    {
        try
        {
            File.Delete(PathOf(key));
        }
        catch (DirectoryNotFoundException)
        {
            // No key of this directory was ever stored.
        }

        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<StoredKey> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await Task.Yield();
        foreach (var file in Walk(new DirectoryInfo(PathOf(prefix[..(prefix.LastIndexOf('/') + 1)]))))
        {
            cancellation.ThrowIfCancellationRequested();
            var key = Path.GetRelativePath(root, file.FullName).Replace('\\', '/');
            if (key.StartsWith(prefix, StringComparison.Ordinal))
            {
                yield return new StoredKey(key, file.Length, file.LastWriteTimeUtc);
            }
        }
    }

    /// <summary>The files below a directory in the order of their keys. A directory at a time is held in memory: the keys' first digits keep them small.</summary>
    private IEnumerable<FileInfo> Walk(DirectoryInfo directory)
    {
        if (!directory.Exists || directory.FullName == incoming.Path)
        {
            yield break;
        }

        // A directory's keys begin with its name and a slash, which comes before all that a name may go on with, but for a dot.
        foreach (var entry in directory.GetFileSystemInfos().OrderBy(e => e is DirectoryInfo ? e.Name + '/' : e.Name, StringComparer.Ordinal))
        {
            if (entry is FileInfo { Exists: true } file)
            {
                yield return file;
            }
            else if (entry is DirectoryInfo below)
            {
                foreach (var inner in Walk(below))
                {
                    yield return inner;
                }
            }
        }
    }

    private static FileStream Read(string path, long offset)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 64 * 1024, FileOptions.SequentialScan | FileOptions.Asynchronous);
        file.Position = offset;
        return file;
    }

    private void MakeLasting(string directory)
    {
        if (directory == root || lasting.ContainsKey(directory))
        {
            return;
        }

        var parent = Path.GetDirectoryName(directory)!;
        MakeLasting(parent);
        Directory.CreateDirectory(directory);
        DurableFile.SyncDirectory(parent);
        lasting[directory] = true;
    }

    private string PathOf(string key) => Path.Combine(root, key);
}
