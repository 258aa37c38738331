using System.Globalization;
using Granary.Core.Transfer;
using Granary.Server.Hosting;

namespace Granary.Server.Diagnosis;

/// <summary>The data directory: whose it is, whether it can be written and synced, how much room there is, and who holds it.</summary>
internal static class DirectoryCheck
{
    private const string Topic = "data directory";

    // Bytes. Below, a few large publishes fill the disk.
    private const long LeastRoom = 1L << 30;

    // A disk that takes longer to sync one small file makes every publish wait as long.
    private static readonly TimeSpan Slow = TimeSpan.FromMilliseconds(500);

    // With what is in those that are folders.
    private static readonly string[] Looked = ["granary.db", "granary.db-wal", DataDirectory.LockName, .. DataDirectory.PrivateFolders, "storage"];

    private const UnixFileMode Others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;

    public static IEnumerable<Finding> Run(Patient patient)
    {
        yield return Owner(patient.Data);
        yield return Mode(patient.Data);
        yield return Room(patient.Data);
        yield return Probe(patient);
        yield return Complete(patient.Data);
        yield return Lock(patient.Data);
    }

    private static Finding Owner(string data)
    {
        if (FileOwner.Of(data) is not { } owner)
        {
            return Finding.Note(Topic, $"{data}; whose it is cannot be asked on this system");
        }

        var own = FileOwner.Self();
        if (own != 0 && own != owner)
        {
            return Finding.Bad(Topic, $"{data} belongs to the user {owner}, and this is the user {own}", $"Run Granary as the user {owner}, or give the directory to this one: chown -R {own} {data}");
        }

        var strangers = Looked
            .Select(name => Path.Combine(data, name))
            .SelectMany(path => Directory.Exists(path) ? Directory.GetFileSystemEntries(path).Prepend(path) : File.Exists(path) ? [path] : [])
            .FirstOrDefault(path => FileOwner.Of(path) is { } other && other != owner);
        return strangers is null
            ? Finding.Good(Topic, $"{data} and what is in it belong to one user ({owner})")
            : Finding.Bad(Topic, $"{strangers} belongs to the user {FileOwner.Of(strangers)}, and the directory to {owner}", $"A command was run as another user. Give it back: chown -R {owner} {data}");
    }

    private static Finding Mode(string data)
    {
        if (OperatingSystem.IsWindows())
        {
            return Finding.Note(Topic, "who may write it is not looked at on Windows");
        }

        var mode = File.GetUnixFileMode(data);
        var digits = Convert.ToString((int)mode & 0x1FF, 8);
        return (mode & Others) == 0
            ? Finding.Good(Topic, $"only its owner may write it (mode {digits})")
            : Finding.Bad(Topic, $"others than its owner may write it (mode {digits})", $"chmod go-w {data}");
    }

    private static Finding Room(string data)
    {
        var drive = new DriveInfo(data);
        var free = string.Create(CultureInfo.InvariantCulture, $"{drive.AvailableFreeSpace / (double)(1 << 30):0.0} GiB of {drive.TotalSize / (double)(1 << 30):0.0} GiB are free");
        return drive.AvailableFreeSpace >= LeastRoom
            ? Finding.Good(Topic, free)
            : Finding.Bad(Topic, free, "Make room outside of the data directory, or enlarge the disk: publishes are refused when it is full.");
    }

    private static Finding Probe(Patient patient)
    {
        var path = patient.Under($".doctor.{Guid.NewGuid():N}");
        try
        {
            var begun = patient.Clock.GetTimestamp();
            using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write("granary"u8);
                file.Flush(flushToDisk: true);
            }

            var took = patient.Clock.GetElapsedTime(begun);
            var said = string.Create(CultureInfo.InvariantCulture, $"a file is written and synced in {took.TotalMilliseconds:0.0} ms");
            return took < Slow ? Finding.Good(Topic, said) : Finding.Bad(Topic, said, "The disk is slow or overloaded, and each publish waits for it. Move the data directory to a faster one.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return Finding.Bad(Topic, $"nothing can be written there: {failure.Message}", "Make it writable for the user that runs Granary, and look at the disk.");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Finding Complete(string data)
    {
        try
        {
            UnfinishedMark.DemandNone(data);
            return Finding.Good(Topic, "it is complete: no restore or migration was broken off");
        }
        catch (InvalidOperationException incomplete)
        {
            return Finding.Bad(Topic, "a restore or a migration into it was broken off", incomplete.Message);
        }
    }

    private static Finding Lock(string data)
    {
        var path = Path.Combine(data, DataDirectory.LockName);
        try
        {
            if (File.Exists(path))
            {
                // Not exclusively, and for a moment: a server that starts just now is not kept from it by another doctor.
                using var held = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            }

            return Finding.Good(Topic, "no server runs on it");
        }
        catch (IOException)
        {
            return Finding.Good(Topic, "a server, or a command that needs it alone, runs on it");
        }
        catch (UnauthorizedAccessException failure)
        {
            return Finding.Bad(Topic, $"its lock cannot be looked at: {failure.Message}", "Run this as the user that runs Granary.");
        }
    }
}
